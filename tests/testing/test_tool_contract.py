"""Our own tools keep the contract, and the contract finds what breaks it."""

import pytest

pytest.importorskip("ai_edge_litert", reason="timing a .tflite needs rbench[profile]")

import msgspec
import numpy as np

from rbench.cells import tools
from rbench.profile import Round, samples
from rbench.profile.result import Stopwatch, Surroundings
from rbench.profile.tool import Delegate, Tool
from rbench.profile.tools.aarch64.plugin import Aarch64
from rbench.profile.tools.benchmark_model.plugin import BenchmarkModel
from rbench.profile.tools.litert.plugin import Litert
from rbench.testing import ToolContract
from rbench.testing.tool_contract import check_answers, check_rounds, check_words


@pytest.mark.slow
class TestLitert(ToolContract):
    tool = Litert()


class TestBenchmarkModel(ToolContract):
    """Skipped but for its words where the native tool is not here."""

    tool = BenchmarkModel()


@pytest.mark.slow
class TestAarch64(ToolContract):
    """Skipped but for its words where QEMU or the sysroot is not here."""

    tool = Aarch64()


class Sound(Tool):
    """A clock of its own, without a file: what the contract is tried on."""

    word = "sound"
    meaning = "a clock that stands in"
    delegates = (Delegate("kernels", "kernels", takes="untold"),)

    def time(self, settings, model, target, contexts, number, folder):
        column = np.arange(1000, 1100, dtype=np.uint32)
        samples.write(folder, column)
        return Round(
            number=number,
            runs=len(column),
            median_us=float(np.median(column)) / 1000,
            load_us=1.0,
            first_us=1.0,
            contexts=16,
            offset=number,
            runtime="a stand-in",
            stopwatch=Stopwatch(tick_ns=1, clock_overhead_ns=1.0, call_overhead_ns=1.0),
            surroundings=Surroundings(cores=2, others_cores=0.0),
        )


@pytest.fixture
def known(monkeypatch):
    """Makes a tool one that is found by its word."""

    def make(tool):
        before = tools.find
        monkeypatch.setattr(
            tools,
            "find",
            lambda word, *, on_device: (
                tool if word == tool.word and not on_device else before(word, on_device=on_device)
            ),
        )
        return tool

    return make


def test_a_sound_tool_passes(known):
    tool = known(Sound())
    check_words(tool)
    check_answers(tool)
    check_rounds(tool)


def broken(**changes):
    return type("Broken", (Sound,), changes)()


def changed(**fields):
    def time(self, settings, model, target, contexts, number, folder):
        made = Sound.time(self, settings, model, target, contexts, number, folder)
        return msgspec.structs.replace(made, **fields)

    return time


def with_a_file(self, settings, model, target, contexts, number, folder):
    (folder / "log.txt").write_text("left")
    return Sound.time(self, settings, model, target, contexts, number, folder)


def raising(self, *given):
    raise KeyError("what a stranger's code raises")


@pytest.mark.parametrize(
    ("check", "changes", "found"),
    [
        (check_words, {"word": "Sound"}, "cannot be its word"),
        (check_words, {"word": "host"}, "cannot be its word"),
        (check_words, {"delegates": ()}, "no delegates"),
        (check_words, {"delegates": (Delegate("a@2", "x"),)}, "cannot be a delegate's name"),
        (check_answers, {"build": lambda self, target: None}, "is no text"),
        (check_answers, {"machine": lambda self, target: "a phone"}, "this host's machine"),
        (check_answers, {"longest_s": lambda self, settings: 1.0}, "longest_s"),
        (check_answers, {"look": lambda self: ["here"]}, "is no Found"),
        (check_rounds, {"time": changed(runs=99)}, "99 runs with 100 samples|99 runs, 100"),
        (check_rounds, {"time": changed(median_us=0.0)}, "a median of 0"),
        (check_rounds, {"time": changed(tool="another build")}, "build 'another build'"),
        (check_rounds, {"time": changed(offset=3)}, "another context"),
        (check_rounds, {"time": changed(number=7)}, "made no round 0"),
        (check_rounds, {"time": changed(stopwatch=None)}, "what its measuring costs"),
        (check_rounds, {"time": with_a_file}, "left beside the samples: log.txt"),
        (check_rounds, {"time": raising}, "the sound tool failed: KeyError"),
        (
            check_rounds,
            {"delegates": (Delegate("kernels", "kernels"),)},
            "does not say what was delegated",
        ),
    ],
)
def test_what_breaks_it_is_named(known, check, changes, found):
    tool = known(broken(**changes))
    with pytest.raises(AssertionError, match=found):
        check(tool)
