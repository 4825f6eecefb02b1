"""The command line: the only place that prints or exits.

One file a command. A command's module is imported when the command is called, so that
``rbench --help`` and every command that needs no TensorFlow start in a fraction of a second.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

import click

from rbench.cli.streams import safe_streams
from rbench.errors import RbenchError

COMMANDS: dict[str, tuple[str, str]] = {
    "sweep": (
        "rbench.cli.sweep",
        "Train, convert, score and time a study; write its report.",
    ),
    "federate": (
        "rbench.cli.federate",
        "Sweep a study, and train each encoder federated beside it.",
    ),
    "report": ("rbench.cli.report", "Write the report of a run again, or another kind of it."),
    "ship": ("rbench.cli.ship", "Write what an app needs to run a finished file."),
    "update": (
        "rbench.cli.update",
        "Put new items into a finished file, and close old ones; nothing is trained.",
    ),
    "demo": (
        "rbench.cli.demo",
        "Write a page on which finished files answer every tap.",
    ),
    "compare": ("rbench.cli.compare", "Say what changed between two runs, beyond chance."),
    "gate": ("rbench.cli.gate", "Hold a run to limits; the exit code is for CI."),
    "profile": ("rbench.cli.profile", "Time any .tflite; no study needed."),
    "doctor": ("rbench.cli.doctor", "Say what is here to run a sweep with, and what is missing."),
    "inspect": ("rbench.cli.inspect", "Show what is in a .tflite, ours or a stranger's."),
    "list": ("rbench.cli.list", "List encoders, recipes, targets, reports or studies."),
    "devices": ("rbench.cli.devices", "List the phones that can be timed, and how they are."),
    "tool": ("rbench.cli.tool", "Fetch the programs and runtimes that tools need."),
    "data": ("rbench.cli.data", "Describe a log of interactions, or fetch a public one."),
}
"""Command -> module that holds a click command named ``command``, and one line of help."""


class Commands(click.Group):
    """Loads a command's module when it is called, not for the list of commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]  # rbench.cli.list, once imported, goes by the name of list here

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name][0]).command
        if not isinstance(command, click.Command):
            raise TypeError(f"{COMMANDS[cmd_name][0]}.command is no click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with: rbench sweep",
)
@click.version_option(package_name="rbench", prog_name="rbench")
def rbench() -> None:
    """Which recommender should your app ship?

    rbench trains interchangeable context encoders on your log of interactions, compresses and
    converts each to TFLite, scores and times every resulting file, and writes one report.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 fine, 1 a limit or cell failed, 2 usage."""
    signal.signal(signal.SIGTERM, _interrupt)
    with safe_streams() as output:
        code = _run(arguments)
        sys.stdout.flush()
        if output.fault is not None:
            code = 2
            _complain(f"standard output: cannot write: {output.fault.strerror}")
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = rbench.main(args=arguments, prog_name="rbench", standalone_mode=False)
    except RbenchError as error:
        _complain(str(error))
        return error.exit_code
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return 2
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; the same command goes on where it stopped")
        return 130
    except FileNotFoundError:
        if not _stands_nowhere():
            raise
        _complain("the current folder is no longer there; go to one that is, with cd")
        return 2
    return code if isinstance(code, int) else 0


def _stands_nowhere() -> bool:
    """Whether the current folder, from which all that is relative is meant, was removed."""
    try:
        Path.cwd()
    except OSError:
        return True
    return False


def _interrupt(number: int, frame: FrameType | None) -> None:
    """SIGTERM ends a command as Ctrl-C does: children are stopped, temporary files go."""
    raise KeyboardInterrupt


def _complain(what: str) -> None:
    from rbench.text.shown import line

    print(f"rbench: {line(what)}", file=sys.stderr)
