"""Options that name programs of tools: the installed tools say which there are."""

import os

import click
import pytest

from rbench.cells import tools
from rbench.cells.delegate import Delegate
from rbench.cli import tool_options
from rbench.errors import UsageError
from rbench.profile.tool import Program, Tool


class Theirs(Tool):
    word = "their_tool"
    meaning = "a stranger's"
    delegates = (Delegate("engine", "theirs"),)
    program = Program(variable="THEIR_TOOL", about="Their program.", remedy="ask them for it")

    def time(self, settings, model, target, contexts, number, folder):
        raise NotImplementedError


class OnPhones(Theirs):
    device = "SERIAL"


@pytest.fixture
def command(monkeypatch):
    """A command with the options of two tools, of which one measures here."""
    monkeypatch.setattr(tools, "installed", lambda: (Theirs(), OnPhones()))
    monkeypatch.delenv("THEIR_TOOL", raising=False)
    yield click.command(tool_options.tool_options(lambda **options: options))
    os.environ.pop("THEIR_TOOL", None)


def given(command, *words):
    return tool_options.named(command.make_context("x", list(words)).params)


def test_a_tool_s_program_is_named(command, tmp_path):
    assert [option.opts for option in command.params] == [["--their-tool"]]
    assert command.params[0].help == "Their program."
    assert given(command) == {}
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    found = given(command, "--their-tool", str(program))
    assert found == {"--their-tool": str(program)}
    tool_options.use(found)
    assert os.environ["THEIR_TOOL"] == str(program)


@pytest.mark.parametrize("name", ["nothing", ".", ""])
def test_what_is_no_program_is_refused(command, name):
    with pytest.raises(UsageError, match=r"--their-tool: no executable: .*ask them for it"):
        tool_options.use(given(command, "--their-tool", name))
    assert "THEIR_TOOL" not in os.environ


def test_a_path_of_this_machine_is_none_elsewhere(command):
    tool_options.refuse_elsewhere({})
    with pytest.raises(UsageError, match="THEIR_TOOL on the node"):
        tool_options.refuse_elsewhere(given(command, "--their-tool", "/x"))
