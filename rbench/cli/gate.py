"""``rbench gate``: hold a run to limits, and tell CI by the exit code."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from rbench.cli import gate_words as words
from rbench.cli.gate_command import GateCommand
from rbench.cli.gate_models import judge_models, limits_of
from rbench.cli.gate_view import FORMATS, show
from rbench.cli.terminal import say
from rbench.gate import Baseline, Limits, judge, read_against, read_budget
from rbench.gate.amounts import Share, Size
from rbench.gate.update import update
from rbench.records.run_folder import read_run


@click.command(
    cls=GateCommand,
    epilog="""\b
Examples:
  rbench gate runs/default-20250101-120000 --max-size 300KB
  rbench gate RUN --max-size 1.5MiB --json
  rbench gate RUN --budget rbench-budget.toml --against rbench-baseline.json
  rbench gate RUN --update rbench-baseline.json
  rbench gate --model new.tflite --max-size 300KB
  rbench gate --model new.tflite --against-model main.tflite --max-growth 2%

\b
Exit codes:
  0  every limit holds; warnings do not count
  1  a limit is broken or cannot be judged, a cell failed, or a file is missing or changed
  2  nothing was measured or comparable, or wrong usage
""",
)
@click.argument("run", required=False, type=words.NonEmptyPath(path_type=Path))
@click.option(
    "--max-size",
    callback=words.size,
    metavar="SIZE",
    help="Largest size of any model file: 300KB (1 KB is 1000 bytes), 256KiB (1 KiB is 1024 "
    "bytes), 1.5MB, or a number of bytes.",
)
@click.option(
    "--budget",
    type=words.NonEmptyPath(path_type=Path),
    metavar="FILE",
    help="Limits of every kind, in TOML; see docs/gating.md. One with [[files]] only needs no RUN.",
)
@click.option(
    "--against",
    type=words.NonEmptyPath(path_type=Path),
    metavar="BASELINE",
    help="A baseline file, or the folder of a run, for limits on growth, drift and loss.",
)
@click.option(
    "--update",
    "to",
    type=words.NonEmptyPath(path_type=Path),
    metavar="BASELINE",
    help="Write the baseline file anew from RUN and the budget's files, if nothing fails.",
)
@click.option(
    "--model",
    type=words.NonEmptyPath(path_type=Path),
    metavar="NEW",
    help="A .tflite that no run made, held to --max-size or against OLD; instead of RUN.",
)
@click.option(
    "--against-model",
    type=words.NonEmptyPath(path_type=Path),
    metavar="OLD",
    help="The .tflite that NEW is held against.",
)
@click.option(
    "--max-growth",
    callback=words.share,
    metavar="SHARE",
    help="How much larger than OLD the file NEW may be, e.g. 2%.",
)
@click.option(
    "--max-ratio",
    metavar="RATIO",
    callback=words.ratio,
    help="How many times OLD's latency NEW's may be. Both are timed in turn, some 20 s; this needs "
    "rbench[profile]. Without any limit NEW must be no larger and no slower.",
)
@click.option(
    "--target",
    help="Where NEW and OLD are timed, xnnpack unless set; see `rbench list targets`.",
)
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="NAME=LOW:HIGH",
    help="Numbers that an input of NEW and OLD is given; see `rbench profile --help`.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="markdown: for a pull request; junit: XML; github: annotations.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, for programs.")
def command(
    run: Path | None,
    max_size: Size | None,
    budget: Path | None,
    against: Path | None,
    to: Path | None,
    model: Path | None,
    against_model: Path | None,
    max_growth: Share | None,
    max_ratio: float | None,
    target: str | None,
    ranges: tuple[str, ...],
    kind: str,
    as_json: bool,
) -> int:
    """Hold the run in the folder RUN to limits; the exit code is for CI.

    Sizes are read from the model files in RUN, not from the records. A file that is missing, or
    is not the one that was measured, fails the gate.
    """
    kind = "json" if as_json else kind
    if model is not None or against_model is not None:
        if model is None or run or budget or against or to:
            raise click.UsageError(
                "--against-model goes with --model, and both without RUN, --budget, --against "
                "and --update."
            )
        alone = against_model is None
        if alone and (max_size is None or max_growth is not None or max_ratio is not None):
            raise click.UsageError(
                "--model needs --max-size, or --against-model for what is measured against it."
            )
        pair = limits_of(max_size, max_growth, max_ratio)
        if pair.max_ratio is None and (target is not None or ranges):
            raise click.UsageError(
                "--target and --range are for --max-ratio: nothing is timed here."
            )
        verdict = judge_models(pair, model, against_model, target or "xnnpack", ranges)
        show(verdict, kind, {"run": None, "limits": pair})
        return verdict.exit_code
    if any(given is not None for given in (max_growth, max_ratio, target)) or ranges:
        raise click.UsageError(
            "--max-growth, --max-ratio, --target and --range are for --model; see --budget."
        )
    limits = _limits(max_size, budget)
    if to is not None:  # what is new is compared from the next time on
        limits = msgspec.structs.replace(limits, strict=False)
    if run is None and (limits.cells or not limits.files):
        raise click.UsageError("Missing argument 'RUN'.")
    if max_size is None and budget is None and to is None:
        raise click.UsageError("Missing option '--max-size' (or '--budget', or '--update').")
    found = read_run(run) if run else None
    baseline = read_against(against) if against else None
    root = budget.parent if budget else Path()
    verdict = judge(limits, found, baseline, root)
    good = not verdict.count("fail")
    said = ""
    if to is not None and good:  # before the verdict: where this fails, no verdict is printed
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        written: Baseline = update(to, limits, found, root, now)
        said = f"{to}: {len(written.models)} models, {len(written.files)} files"
    elif to is not None:
        said = f"rbench: {to} is left as it was: the gate fails"
    quiet = to is not None and max_size is None and budget is None and not verdict.findings
    if not quiet:
        show(verdict, kind, {"run": str(run) if run else None, "limits": limits})
    if said:
        say(said, err=not quiet)
    return 0 if to is not None and good else verdict.exit_code


def _limits(max_size: Size | None, budget: Path | None) -> Limits:
    limits = read_budget(budget) if budget else Limits()
    if max_size is None:
        return limits
    least = min(max_size, limits.max_size_bytes or max_size)  # both hold
    return msgspec.structs.replace(limits, max_size_bytes=least)
