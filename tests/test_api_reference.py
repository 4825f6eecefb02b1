"""The reference that docs/reference.py makes holds every public name, and says which it lacks."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def reference():
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_public_is_what_all_names_or_else_what_has_no_underscore(reference):
    names = reference.public_names()
    assert {"Run", "Study", "sweep"} <= set(names["rbench"])
    assert "Encoder" in names["rbench.encoding"]
    assert "StudyError" in names["rbench.errors"]
    assert "_rebuild" not in names["rbench.errors"]
    assert names["rbench_reports.html"] == ["Html"]
    assert not [name for name in names if name.startswith("rbench.cli") or name.endswith("_child")]


def test_every_module_is_there_but_for_programs(reference):
    files = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in (ROOT / "rbench").rglob("*.py")
        if "cli" not in path.parts
        and '__name__ == "__main__"' not in path.read_text("utf-8")
        and "Imports Flower." not in path.read_text("utf-8")
    }
    modules = {name.removesuffix(".__init__") for name in files} - {"rbench.__main__"}
    known = {name for name in reference.public_names() if name.split(".")[0] == "rbench"}
    assert known - {"rbench.studies"} == modules  # a wheel has the folder of studies in it


def test_a_name_that_is_left_out_is_told(reference, tmp_path):
    (tmp_path / "one").mkdir()
    (tmp_path / "one.html").write_text('<section id="Here"><section id="Here.method">')
    (tmp_path / "one" / "two.html").write_text("no names")
    names = {"one": ["Here", "Gone"], "one.two": [], "one.three": ["Any"]}
    assert reference.missing(tmp_path, names) == ["one.Gone", "one.three"]


@pytest.mark.slow
def test_the_reference_holds_every_public_name(reference, tmp_path):
    pytest.importorskip("pdoc", reason="made with rbench[docs]")
    names = reference.public_names()
    reference.build(tmp_path, names)
    assert reference.missing(tmp_path, names) == []
    assert (tmp_path / "index.html").is_file()
