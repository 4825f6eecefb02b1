"""Every fact in which two runs differ comes with what follows of it."""

import msgspec
import pytest

from rbench.compare.comparability import unlike
from rbench.testing.runs import example_run

GRID = {"encoders": ("gru",), "recipes": ("float32",), "targets": ("cpu",), "users": 20}
VERSIONS = {"tensorflow": "2.19", "ai-edge-litert": "2.1"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    made = example_run(tmp_path_factory.mktemp("alike"), **GRID)
    info = msgspec.structs.replace(made.info, versions=VERSIONS)
    return msgspec.structs.replace(made, info=info)


def of(run, **info):
    return msgspec.structs.replace(run, info=msgspec.structs.replace(run.info, **info))


def test_alike_runs_differ_in_nothing(run):
    assert list(unlike(run, run)) == []


@pytest.mark.parametrize(
    ("what", "effect"),
    [
        ("study", "only cells of the same names are compared"),
        ("data", "scores are not compared"),
        ("machine", "latencies are not compared"),
        ("seed", "so differences are also another training's"),
        ("version of tensorflow", "files may differ by it"),
        ("version of ai-edge-litert", "latencies are not compared"),
    ],
)
def test_what_differs_has_its_own_effect(run, what, effect):
    replace = msgspec.structs.replace
    other = {
        "study": lambda: of(run, study="another"),
        "data": lambda: of(run, data=replace(run.info.data, checksum="f" * 64)),
        "machine": lambda: of(run, machine=replace(run.info.machine, cpu="another")),
        "seed": lambda: replace(run, records=tuple(replace(r, seed=9) for r in run.records)),
        "version of tensorflow": lambda: of(run, versions={**VERSIONS, "tensorflow": "3"}),
        "version of ai-edge-litert": lambda: of(run, versions={**VERSIONS, "ai-edge-litert": "3"}),
    }[what]()
    (found,) = unlike(run, other)
    assert (found.what, found.effect) == (what, effect)
    assert found.before != found.after
