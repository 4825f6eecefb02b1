"""The gate's judgement: what passes, what fails, and what it never lets by."""

from collections import Counter

import msgspec
import pytest

from rbench.gate import Limits, judge
from rbench.gate.budget import parse_budget
from rbench.records import Check, Replicate

PAIR = ("gru", "float32")
CELLS = [("gru", "float32", "cpu"), ("gru", "float32", "xnnpack")]
EVERY = [(e, r, t) for e in ("bow", "gru") for r in ("float32", "dynamic_wi8") for t in ("cpu",)]


def failures(verdict):
    return [finding for finding in verdict.findings if finding.status == "fail"]


def test_every_file_is_judged_once(make_run):
    verdict = judge(Limits(max_size_bytes=2000), make_run())
    assert verdict.exit_code == 0
    assert verdict.outcome == "pass"
    assert verdict.summary == "4 passed"
    assert [finding.margin for finding in verdict.findings] == [1000] * 4
    assert {finding.subject for finding in verdict.findings} == {
        "bow x float32",
        "bow x dynamic_wi8",
        "gru x float32",
        "gru x dynamic_wi8",
    }


@pytest.mark.parametrize(("size", "status"), [(999, "pass"), (1000, "pass"), (1001, "fail")])
def test_the_limit_itself_is_allowed(make_run, size, status):
    verdict = judge(Limits(max_size_bytes=1000), make_run(size_bytes={PAIR: size}))
    found = next(f for f in verdict.findings if f.subject == "gru x float32")
    assert found.status == status
    assert (found.number, found.limit, found.margin) == (size, 1000, 1000 - size)
    assert verdict.exit_code == (1 if status == "fail" else 0)


def test_the_worst_comes_first(make_run):
    run = make_run(size_bytes={PAIR: 3000, ("bow", "float32"): 2000, ("bow", "dynamic_wi8"): 10})
    verdict = judge(Limits(max_size_bytes=1500), run)
    assert [finding.number for finding in verdict.findings] == [3000, 2000, 1000, 10]
    assert verdict.summary == "2 failed, 2 passed"
    assert "1,500 bytes too many" in verdict.findings[0].message


def test_no_limit_on_latency_holds_where_nothing_is_timed(make_run, rewrite):
    """An emulated processor: a rule that would let it pass has judged nothing."""
    made = Check(
        contexts=24,
        top=10,
        overlap=1.0,
        same_order=1.0,
        max_score_difference=0.0,
        score_scale=9.0,
        bounds={"overlap": 0.95},
        runtime="an emulated processor",
        against="this host",
    )
    run = rewrite(make_run(), lambda one: msgspec.structs.replace(one, timing=None, check=made))
    limits = parse_budget(
        """
        [[cells]]
        latency = { max_us = 1e6, machine = "*" }
        [[cells]]
        latency = { max_ratio = 9.0, reference = { recipe = "float32" } }
        """
    )
    verdict = judge(limits, run)
    found = failures(verdict)
    # float32 is the reference of the ratios and has none of its own.
    assert Counter(finding.check for finding in found) == {"latency": 8, "latency ratio": 4}
    for finding in found:
        assert "is checked against this host and never timed" in finding.message
    assert judge(Limits(max_size_bytes=2000), run).exit_code == 0


@pytest.mark.parametrize("state", ["failed", "skipped"])
def test_a_cell_that_did_not_finish_fails_the_gate(make_run, state):
    verdict = judge(Limits(max_size_bytes=2000), make_run(states={CELLS[0]: state}))
    (found,) = failures(verdict)
    assert verdict.exit_code == 1
    assert found.subject == "gru x float32 x cpu"
    assert found.check == "cell"
    assert found.message.startswith(f"{state}: ")
    assert not found.measured


def test_an_unsupported_cell_is_a_note(make_run):
    verdict = judge(
        Limits(max_size_bytes=2000), make_run(states=dict.fromkeys(CELLS, "unsupported"))
    )
    assert verdict.exit_code == 0
    assert verdict.notes == ("2 of 8 cells are unsupported",)
    assert len(verdict.findings) == 3


def test_nothing_but_unsupported_cells_measures_nothing(make_run):
    run = make_run(targets=("cpu",), states=dict.fromkeys(EVERY, "unsupported"))
    verdict = judge(Limits(max_size_bytes=2000), run)
    assert verdict.exit_code == 2
    assert verdict.outcome == "nothing measured"


def test_nothing_but_failed_cells_fails(make_run):
    run = make_run(targets=("cpu",), states=dict.fromkeys(EVERY, "failed"))
    assert judge(Limits(max_size_bytes=2000), run).exit_code == 1


def test_an_empty_run_measures_nothing(make_run, rewrite):
    run = rewrite(make_run(), cells=0)
    (run.folder / "records.jsonl").write_bytes(b"")
    assert judge(Limits(max_size_bytes=1), msgspec.structs.replace(run, records=())).exit_code == 2


def test_no_limit_measures_nothing(make_run):
    assert judge(Limits(), make_run()).exit_code == 2


def test_a_missing_file_fails(make_run):
    run = make_run()
    (run.folder / "models/gru/float32.tflite").unlink()
    (found,) = failures(judge(Limits(max_size_bytes=2000), run))
    assert found.message == "models/gru/float32.tflite is missing"
    assert found.check == "file"


def test_a_folder_where_a_file_belongs_fails(make_run):
    run = make_run()
    path = run.folder / "models/gru/float32.tflite"
    path.unlink()
    path.mkdir()
    (found,) = failures(judge(Limits(max_size_bytes=2000), run))
    assert found.message == "models/gru/float32.tflite is a folder"


def test_a_file_of_another_size_fails_and_is_still_measured(make_run):
    run = make_run()
    path = run.folder / "models/gru/float32.tflite"
    path.write_bytes(path.read_bytes() + b"more" * 500)
    found = failures(judge(Limits(max_size_bytes=2000), run))
    assert [finding.check for finding in found] == ["file", "size"]
    assert "3,000 bytes, its record says 1,000 bytes" in found[0].message
    assert found[1].number == 3000


def test_a_file_of_another_content_fails(make_run):
    run = make_run()
    path = run.folder / "models/gru/float32.tflite"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    (found,) = failures(judge(Limits(max_size_bytes=2000), run))
    assert "is not the file that was measured: sha256" in found.message


def test_records_that_lie_about_sizes_do_not_pass(make_run, rewrite):
    def lie(record):
        model = msgspec.structs.replace(record.model, size_bytes=1)
        return msgspec.structs.replace(record, model=model)

    verdict = judge(Limits(max_size_bytes=500), rewrite(make_run(), lie))
    assert verdict.exit_code == 1
    assert sum(finding.check == "size" for finding in failures(verdict)) == 4


@pytest.mark.parametrize("path", ["../outside.tflite", "/etc/hostname", "models/../../outside"])
def test_nothing_outside_the_run_is_read(make_run, rewrite, path):
    def stray(record):
        model = msgspec.structs.replace(record.model, path=path)
        return msgspec.structs.replace(record, model=model)

    verdict = judge(Limits(max_size_bytes=10**9), rewrite(make_run(), stray))
    assert verdict.exit_code == 1
    assert all("outside the run's folder" in finding.message for finding in verdict.findings)


def test_an_ok_record_without_a_model_fails(make_run, rewrite):
    run = rewrite(make_run(), lambda record: msgspec.structs.replace(record, model=None))
    verdict = judge(Limits(max_size_bytes=2000), run)
    assert verdict.exit_code == 1
    assert verdict.findings[0].message == "its record names no model file"


def test_files_of_other_seeds_are_judged_too(make_run, rewrite):
    def twice(record):
        model = msgspec.structs.replace(record.model, path="models/seed2/none.tflite")
        again = Replicate(seed=2, model=model, quality=record.quality)
        return msgspec.structs.replace(record, replicates=(again,))

    found = failures(judge(Limits(max_size_bytes=2000), rewrite(make_run(), twice)))
    assert len(found) == 4
    assert found[0].message == "models/seed2/none.tflite is missing"
    assert found[0].subject.endswith(", seed 2")


def test_a_sweep_that_is_not_done_fails(make_run, rewrite):
    verdict = judge(Limits(max_size_bytes=2000), rewrite(make_run(), cells=40))
    (found,) = failures(verdict)
    assert "32 of 40 cells left no record" in found.message


def test_limits_refuse_nonsense():
    with pytest.raises(ValueError, match="must be from 1"):
        Limits(max_size_bytes=0)
