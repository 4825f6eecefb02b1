"""``rbench sweep``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from rbench.cli.data_options import data_options, said
from rbench.cli.spoken import spoken
from rbench.cli.terminal import document
from rbench.cli.tool_options import named, refuse_elsewhere, tool_options, use
from rbench.text.shell import command_line
from rbench.text.shown import escaped_json

EXAMPLES = """\b
Examples:
  rbench sweep                                        the built-in study, on synthetic data
  rbench sweep --data data/ml-latest-small            the same grid on your log
  rbench sweep study.toml --out runs/mine             go on with a run, or start it
  rbench sweep --encoder gru --encoder ./mine.py:Mine --recipe float32 --recipe dynamic_wi8
"""
OWN = (
    *("encoders", "recipes", "targets", "out", "retry_failed", "as_json"),
    *("executor", "timing_host"),
)
"""What a record's command does without: it names its own cell, and lies where it lies."""


@click.command(epilog=EXAMPLES)
@click.argument("study", default="default")
@click.option("--data", metavar="PATH", help="The log to use: a file, a folder, or synthetic.")
@data_options
@click.option(
    "--filter-history/--no-filter-history",
    default=None,
    help="Take items that the user already touched out of the ranking, or leave them in. "
    "[default: the log decides, by its repeats]",
)
@click.option("--encoder", "encoders", multiple=True, help="Only this encoder. Can be repeated.")
@click.option("--recipe", "recipes", multiple=True, help="Only this recipe. Can be repeated.")
@click.option("--target", "targets", multiple=True, help="Only this target. Can be repeated.")
@click.option(
    "--seed",
    "seeds",
    type=click.IntRange(min=0),
    multiple=True,
    help="Train from this seed; the first of several is timed. Can be repeated.",
)
@click.option("--out", metavar="DIR", help="The run's folder. [default: runs/STUDY-TIME]")
@tool_options
@click.option(
    "--retry-failed", is_flag=True, help="Try failed cells again, though nothing changed."
)
@click.option(
    "--executor",
    default="local",
    metavar="WHERE",
    help="Where the work is done: local, or ray[:HOST:PORT] on a running Ray cluster; see "
    "docs/cluster.md.  [default: local]",
)
@click.option(
    "--timing-host",
    default="",
    metavar="NAME",
    help="With --executor ray: the machine that times, where several offer timing:NAME.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the records as JSON lines at the end.")
def command(**asked: Any) -> int:
    """Train, convert, score and time a study's grid; write records, models and a report.

    STUDY is a TOML file or the name of a shipped study. Everything already done, in this run or
    another, is taken from the store; a sweep that was stopped goes on where it was.
    """
    return swept(None, **asked)


def swept(
    federated: Mapping[str, Any] | None,
    *,
    study: str,
    data: str | None,
    filter_history: bool | None,
    encoders: tuple[str, ...],
    recipes: tuple[str, ...],
    targets: tuple[str, ...],
    seeds: tuple[int, ...],
    out: str | None,
    retry_failed: bool,
    executor: str,
    timing_host: str,
    as_json: bool,
    **options: Any,
) -> int:
    """Run a study as the options say, and show how it goes.

    Args:
        federated: what replaces settings of the study's ``[federated]``, which is made where it
            has none; None: as the study says.
    """
    from rbench import plugins
    from rbench.cli.sweep_view import View
    from rbench.study import Study
    from rbench.sweeping.executors.named import executor_of
    from rbench.sweeping.sweep import sweep
    from rbench.system.writing import write_atomically

    programs = named(options)
    where = executor_of(executor, timing_host)
    if not where.here:
        refuse_elsewhere(programs)
    chosen = Study.read(study).narrowed(
        data=data,
        reading=said(options),
        filter_history=filter_history,
        encoders=encoders,
        recipes=recipes,
        targets=targets,
        seeds=seeds,
        federated=federated,
    )
    words = spoken(click.get_current_context(), without=OWN)
    use(programs)
    with View(quiet=as_json) as view:
        run = sweep(
            chosen,
            Path(out) if out else None,
            retry_failed=retry_failed,
            observer=view,
            reproduce=command_line(words),
            executor=where,
        )
        page = run.folder / "report.html"
        text = plugins.written("html", plugins.report("html").render, run)
        write_atomically(page, text.encode())
        view.finished(run, page)
    if as_json:
        document(escaped_json((run.folder / "records.jsonl").read_text(encoding="utf-8")))
    return 1 if any(record.state in ("failed", "skipped") for record in run.records) else 0
