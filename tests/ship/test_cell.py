import msgspec
import pytest

from rbench.choose import NoneKeeps, recommended
from rbench.errors import RecordError, UsageError
from rbench.records.run_folder import read_run, write_records
from rbench.ship import ship
from rbench.ship.cell import choose_cell
from rbench.study import Limits
from rbench.testing.runs import example_run
from rbench_reports.cells import Sheet
from rbench_reports.recommend import advise


def changed(run, pick, **fields):
    """The run with some records changed."""
    records = tuple(
        msgspec.structs.replace(one, **fields) if pick(one) else one for one in run.records
    )
    return msgspec.structs.replace(run, records=records)


def of(recipe):
    return lambda record: record.cell.recipe == recipe


@pytest.mark.parametrize("limits", [Limits(), Limits(size_bytes=120_000), Limits(median_us=30)])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_is_the_cell_that_the_report_recommends(tmp_path, limits, seed):
    run = example_run(tmp_path / "run", seed=seed, limits=limits)
    advice = advise(run, Sheet.of(run))
    assert advice.kind == ("within" if limits != Limits() else "open")
    assert recommended(run) is advice.picks[0].cell.record
    try:
        chosen = choose_cell(run)
    except RecordError as error:
        pytest.fail(str(error))
    assert chosen.record is advice.picks[0].cell.record
    assert chosen.recommended


def test_no_cell_within_the_limits(made):
    settings = {**made.info.settings, "limits": {"size_bytes": 10}}
    info = msgspec.structs.replace(made.info, settings=settings)
    with pytest.raises(NoneKeeps, match=r"size_bytes at most 10.*nearest is bow/"):
        choose_cell(msgspec.structs.replace(made, info=info))


def test_a_cell_by_name_where_none_keeps_the_limits(made):
    settings = {**made.info.settings, "limits": {"size_bytes": 10}}
    info = msgspec.structs.replace(made.info, settings=settings)
    chosen = choose_cell(msgspec.structs.replace(made, info=info), "bow/float32")
    assert not chosen.recommended


def test_a_run_that_does_not_say_what_it_is_of(run, tmp_path):
    (run.folder / "run.json").unlink()
    with pytest.raises(RecordError, match=r"run\.json: the run does not say what"):
        ship(read_run(run.folder), tmp_path / "b", "bow/float32")


def test_a_sweep_that_is_not_done_is_said(run, tmp_path):
    info = msgspec.structs.replace(run.info, cells=9)
    done = ship(msgspec.structs.replace(run, info=info), tmp_path / "b")
    assert done.notes == ("3 of 9 cells left no record: the sweep is not done",)


def test_a_cell_by_name(made):
    chosen = choose_cell(made, "bow/float32")
    assert chosen.record.cell.recipe == "float32"
    assert [one.cell.target for one in chosen.cells] == ["cpu", "xnnpack"]
    assert not chosen.recommended


def test_a_cell_that_is_not_there(made):
    with pytest.raises(UsageError, match=r"no cell 'bow/float64'.*bow/dynamic_wi8, bow/float32"):
        choose_cell(made, "bow/float64")


@pytest.mark.parametrize("state", ["failed", "unsupported", "skipped"])
def test_a_cell_that_did_not_end_well(made, state):
    run = changed(made, of("float32"), state=state, reason="it broke")
    with pytest.raises(
        RecordError, match=rf"is {state}, not shipped: it broke.*ready to ship: bow"
    ):
        choose_cell(run, "bow/float32")


def test_one_target_that_failed_is_no_reason(made):
    run = changed(made, lambda one: of("float32")(one) and one.cell.target == "cpu", state="failed")
    assert choose_cell(run, "bow/float32").record.cell.target == "xnnpack"


@pytest.mark.parametrize("missing", ["model", "quality"])
def test_a_cell_that_was_not_verified(made, missing):
    run = changed(made, of("float32"), **{missing: None})
    with pytest.raises(RecordError, match="not verified, and is not shipped"):
        choose_cell(run, "bow/float32")


def test_a_cell_without_parity(made):
    quality = msgspec.structs.replace(made.records[0].quality, parity=None)
    run = changed(made, of("float32"), quality=quality)
    with pytest.raises(RecordError, match="the record has no parity"):
        choose_cell(run, "bow/float32")


def test_nothing_to_recommend(made):
    run = changed(made, lambda one: True, state="failed")
    with pytest.raises(UsageError, match="no cell of this run can be recommended"):
        choose_cell(run)


def test_a_file_that_changed(run, tmp_path):
    path = run.folder / "models/bow/float32.tflite"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")
    with pytest.raises(RecordError, match="is not the file that was recorded"):
        ship(run, tmp_path / "b", "bow/float32")
    assert not (tmp_path / "b").exists()
    ship(run, tmp_path / "b", "bow/dynamic_wi8")


def test_a_file_that_is_gone(run, tmp_path):
    (run.folder / "models/bow/float32.tflite").unlink()
    with pytest.raises(RecordError, match="cannot be read: No such file"):
        ship(run, tmp_path / "b", "bow/float32")


def test_a_file_outside_the_run(run, tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    model = msgspec.structs.replace(run.records[0].model, path="../secret")
    write_records(
        run.folder / "records.jsonl",
        [msgspec.structs.replace(one, model=model) for one in run.records],
    )
    with pytest.raises(RecordError, match="lies outside the run"):
        ship(changed(run, of("float32"), model=model), tmp_path / "b", "bow/float32")
