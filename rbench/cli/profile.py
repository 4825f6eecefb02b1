"""``rbench profile``: time any .tflite, no study needed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import click

from rbench.cells.target import Target
from rbench.cli.paths import must_be_text
from rbench.cli.reachable import is_utf8, reachable
from rbench.cli.spoken import spoken
from rbench.cli.terminal import json_lines
from rbench.errors import OutputError, UsageError
from rbench.profile import ProfileSettings
from rbench.profile.ranges import Range, parse
from rbench.system import extras, temporary
from rbench.system.reading import kind_of
from rbench.text.shell import command_line
from rbench.text.shown import line

DEFAULTS = ("cpu", "xnnpack")


@click.command(
    epilog="""\b
Examples:
  rbench profile model.tflite
  rbench profile model.tflite --target xnnpack@2 --target gpu --json
  rbench profile model.tflite --contexts contexts.npy --out runs/model
  rbench profile model.tflite --range 'age=0:120' --range '1=0:9'
  rbench profile model.tflite --signature encode

\b
What is asked, where nothing is given:
  Whole numbers that look up rows of a table: random rows; contexts of items are padded on the
  left with 0. Other floats: 0 to 1. Bytes, and whole numbers with a scale: all that the type
  holds. Other whole numbers: say it with --range. Fewer different queries where they are large.

\b
Exit codes:
  0  timed on every target that is here
  1  a target failed, or none could be timed
  2  the file cannot be read, or it is not known what to ask it
""",
)
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--target",
    "names",
    multiple=True,
    metavar="NAME",
    help="Where and how, e.g. xnnpack@2 or gpu; repeatable. [default: cpu, xnnpack]",
)
@click.option(
    "--contexts",
    type=click.Path(path_type=Path),
    help="What to ask: .npy, int32 (count, length); or .npz, one array (count, *shape) for each "
    "input, under its name or its place: #0, #1.",
)
@click.option("--items", type=click.IntRange(2), help="Rows of the item table, padding included.")
@click.option(
    "--range",
    "ranges",
    multiple=True,
    metavar="NAME=LOW:HIGH",
    help="Which numbers an input is given, by its name or its place, from 0; repeatable.",
)
@click.option(
    "--signature", metavar="NAME", help="Which signature is asked. [default: the first one]"
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder for the records, as a run's.")
@click.option("--json", "as_json", is_flag=True, help="Print the records as JSON lines.")
def command(
    model: Path,
    names: tuple[str, ...],
    contexts: Path | None,
    items: int | None,
    ranges: tuple[str, ...],
    signature: str | None,
    out: Path | None,
    as_json: bool,
) -> int:
    """Time the file MODEL, any .tflite, by the protocol of a sweep.

    The records have no quality: nobody knows what the file is meant to answer.
    """
    extras.require("profile", "rbench profile")
    must_be_text(model, contexts, out)
    from rbench.sweeping import single_file

    targets = list(dict.fromkeys(Target.parse(name) for name in names or DEFAULTS))
    known = ranges_of(ranges)
    if contexts and (items or known):
        raise UsageError("--contexts says what to ask, so that --items and --range have no use")
    if contexts and (odd := kind_of(contexts)):
        raise UsageError(
            f"this is {odd}", where=f"--contexts {contexts}", allowed="a file: .npy or .npz"
        )
    if out is not None and not is_utf8(out.absolute()):
        raise OutputError(
            "a run's folder must have a name in UTF-8", where=str(out), remedy="name another place"
        )
    settings = ProfileSettings()
    words = spoken(click.get_current_context(), without=("out", "as_json"))
    with ExitStack() as stack:
        place = stack.enter_context(temporary.folder())
        told = stack.enter_context(reachable(model))
        timed = single_file.timed_way(told, signature, place)
        if contexts:
            values = stack.enter_context(reachable(contexts))
            asked = single_file.Asked(values, (f"what {line(contexts)} holds",))
        else:
            asked = single_file.made_up(told, settings, place, items or 0, known, timed)
        asked = asked._replace(said=(*timed.said, *asked.said))
        records = single_file.profile_file(
            model, targets, settings, asked, out or place / "run", command_line(words), timed
        )
    if as_json:
        json_lines(records)
    else:
        from rbench.cli.profile_view import show

        show(model, records, asked.said, out)
    states = [record.state for record in records]
    return 1 if "failed" in states or "ok" not in states else 0


def ranges_of(texts: Sequence[str]) -> dict[str, Range]:
    """``NAME=LOW:HIGH``; names may hold ``=`` and ``:``."""
    found: dict[str, Range] = {}
    for text in texts:
        name, _, both = text.rpartition("=")
        known = parse(both)
        if not name or known is None:
            raise UsageError(
                f"--range {text}: no range",
                allowed="NAME=LOW:HIGH, e.g. 'age=0:120', or by the input's place, '0=0:1'",
            )
        if name in found:
            raise UsageError(f"--range {text}: {name} has a range already")
        found[name] = known
    return found
