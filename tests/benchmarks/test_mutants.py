"""The mutation run: what counts as a mutant, and which tests it meets."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT))  # at the end: rbench is the installed one

from benchmarks import mutants  # noqa: E402

CODE = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import numpy
LEVEL: int = 3
def f(a: int, *, b: str = "x") -> int | None:
    found: list[int] = []
    return a + 1
"""


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ("a: int", "a: str", False),
        ("b: str", "b: bytes", False),
        ("int | None", "int & None", False),
        ("import numpy", "import scipy", False),
        ("found: list[int]", "found: set[int]", False),
        ("a + 1", "a - 1", True),
        ('"x"', '"y"', True),
        ("LEVEL: int", "LEVEL: str", True),
        ("return a", "return (", False),
    ],
)
def test_a_mutant_differs_in_what_runs(old, new, counts):
    assert CODE.count(old) == 1
    assert mutants.unlike(CODE, CODE.replace(old, new)) == counts


def test_the_nearest_tests_come_first():
    near, room, around = mutants._steps(ROOT, "rbench/gate/matching.py")
    assert near == ("-m", "not slow", "tests/gate/test_matching.py")
    assert room == ("-m", "not slow", "tests/gate")
    assert "tests/compare" in around
    steps = list(mutants._steps(ROOT, "rbench/compress/few_bits.py"))
    assert steps[:2] == [("tests/compress/test_few_bits.py",), ("tests/compress",)]


def test_rooms_around_are_there():
    for names in mutants.ROOMS.values():
        assert [name for name in names if not (ROOT / name).exists()] == []


@pytest.mark.slow
def test_what_fails_is_named(tmp_path):
    (tmp_path / "test_two.py").write_text(
        "def test_fine():\n    pass\ndef test_wrong():\n    assert 0\n"
    )
    fine, wrong = f"{tmp_path}/test_two.py::test_fine", f"{tmp_path}/test_two.py"
    assert mutants._failing((fine, "--rootdir", str(tmp_path))) == ""
    assert mutants._failing((wrong, "--rootdir", str(tmp_path))).endswith("::test_wrong")


def test_the_sample_is_the_same_each_time():
    pytest.importorskip("cosmic_ray", reason="mutants are made by cosmic-ray")
    one, two = ([found.name for found in mutants.sampled(3, 5)] for _ in range(2))
    assert one == two
    assert len(set(one)) == 3
