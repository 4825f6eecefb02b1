"""``rbench federate``: a sweep in which each encoder is trained federated, too."""

from __future__ import annotations

from typing import Any

import click

from rbench.cli import sweep

EXAMPLES = """\b
Examples:
  rbench federate study.toml                          as its [federated] says, or by default
  rbench federate study.toml --encoder bow --rounds 20
  rbench federate study.toml --clip 1 --noise 0 --noise 0.5
  rbench federate study.toml --superlink 127.0.0.1:9093
"""
ABOUT = """Sweep a study, and train each of its encoders federated beside its training on the whole
log: each user of the log is a client of Flower, and only updates leave it.

STUDY is as for rbench sweep, which does the same where a study has a table [federated]. The
options below replace settings of that table. A training that was stopped goes on with its next
round.
"""
OWN = (
    click.Option(["--rounds"], type=click.IntRange(1, 1_000_000), help="Rounds of each training."),
    click.Option(["--clip"], type=click.FloatRange(0), help="The longest update of a client."),
    click.Option(
        ["--noise"],
        type=click.FloatRange(0),
        multiple=True,
        help="Noise for differential privacy, as a multiple of --clip; repeated: one training of "
        "each encoder for each.",
    ),
    click.Option(
        ["--superlink"],
        metavar="HOST:PORT",
        help="Train on the nodes of a running Flower SuperLink instead of simulating them here.",
    ),
)


def run(
    rounds: int | None,
    clip: float | None,
    noise: tuple[float, ...],
    superlink: str | None,
    **asked: Any,
) -> int:
    """The sweep with what was said of its federated trainings."""
    said = {"rounds": rounds, "clip": clip, "superlink": superlink}
    changes: dict[str, Any] = {key: value for key, value in said.items() if value is not None}
    if noise:
        changes["noise_multipliers"] = list(noise)
    return sweep.swept(changes, **asked)


command = click.Command(
    "federate",
    params=[*sweep.command.params, *OWN],
    callback=run,
    help=ABOUT,
    epilog=EXAMPLES,
)
