"""What the terminal shows of a sweep."""

import re

import pytest
from msgspec.structs import replace
from rich.console import Console

from rbench.cli.sweep_view import View, name_of, table
from rbench.progress import Progress
from rbench.study import Study
from rbench.sweeping.plan import plan
from rbench.sweeping.store import Failure
from rbench.testing.hostile import HOSTILE
from rbench.testing.runs import example_run
from rbench.text.shown import line, odd


def drawn(run):
    console = Console(width=160, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115, PTH123
    console.print(table(run))
    return console.export_text()


def test_the_table_at_the_end(tmp_path):
    run = example_run(tmp_path / "run", encoders=("bow", "gru"), recipes=("float32",))
    text = drawn(run)
    for record in run.records:
        assert f"{record.model.size_bytes:,}" in text
        assert f"{record.quality.metrics['ndcg@10'].value:.4f}" in text
        assert f"{record.timing.median_us:,.1f}" in text
    for name, quality in run.info.baselines.items():
        (line,) = [line for line in text.splitlines() if name in line]
        assert f"{quality.metrics['recall@10'].value:.4f}" in line
    assert "cpu us" in text
    assert "xnnpack us" in text


def test_cells_without_numbers_show_their_state(tmp_path):
    states = {("bow", "float32", "cpu"): "failed", ("bow", "float32", "xnnpack"): "unstable"}
    run = example_run(tmp_path / "run", encoders=("bow",), recipes=("float32",), states=states)
    text = drawn(run)
    assert "failed" in text
    assert " ?" in text
    assert "unstable" in text


def test_a_sweep_that_is_no_terminals_prints_lines(capsys):
    jobs = [job for cell in plan(Study(), "here").cells[:1] for job in cell.jobs()]
    with View() as view:
        view.planned(jobs)
        for job in jobs:
            view.started(job)
            view.moved(job, Progress(done=1, total=2, text="loss [b]1"))
            view.ended(job, None)
        view.ended(jobs[0], Failure(reason="no [idea]"))
    said = capsys.readouterr().err
    assert "train bow done (1 of" in said
    assert "convert bow float32 done" in said
    assert "failed train bow: no [idea]" in said


def test_jobs_have_names():
    names = {
        name_of(job) for cell in plan(Study(seeds=(1, 2)), "here").cells for job in cell.jobs()
    }
    assert {"train gru", "train gru seed 2", "convert gru dynamic_wi8", "round xnnpack"} <= names


@pytest.fixture(scope="module")
def planned():
    """The jobs of one cell."""
    return [job for cell in plan(Study(), "here").cells[:1] for job in cell.jobs()]


@pytest.fixture(scope="module")
def two_cells(tmp_path_factory):
    """A made-up run; tests must not change it."""
    folder = tmp_path_factory.mktemp("run")
    return example_run(folder / "run", encoders=("bow",), recipes=("float32",))


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("terminal", [True, False])
def test_no_name_breaks_what_is_shown(
    name, terminal, tmp_path, planned, two_cells, capsys, monkeypatch
):
    """Labels, studies, reasons, notes and folders: nothing is read as markup, or raises."""
    text = HOSTILE[name]
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
    run = two_cells
    cell = replace(run.records[0].cell, encoder=text)
    records = [replace(record, cell=cell, state="failed", reason=text) for record in run.records]
    info = replace(run.info, study=text, baselines={text: run.info.baselines["popularity"]})
    run = replace(run, info=info, records=tuple(records), folder=tmp_path / text.replace("\0", ""))
    label = "x" if name == "surrogate" else text  # which no study can hold
    jobs = [
        replace(job, encoder=replace(job.encoder, label=label)) if hasattr(job, "encoder") else job
        for job in planned
    ]
    for quiet in (False, True):
        with View(quiet=quiet) as view:
            view.planned(jobs)
            for job in jobs:
                view.started(job)
                view.moved(job, Progress(done=1, total=2, text=text))
                view.ended(job, Failure(reason=f"{text} {job.stage}"))
            view.noticed(text)
            view.finished(run, run.folder / "report.html")
    captured = capsys.readouterr()
    for said in (captured.out, captured.err):
        bare = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said).replace("\r", "").replace("\n", "")
        assert not [letter for letter in bare if odd(letter)]
        assert not [line for line in said.splitlines() if line.lstrip().startswith("::")]
    assert line(text)[:60] in re.sub(r"\x1b\[[0-9;]*m", "", captured.out)
