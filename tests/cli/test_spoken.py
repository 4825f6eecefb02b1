"""The words of a call can be said again, and mean the same."""

import click
import pytest

from rbench.cli.spoken import spoken
from rbench.cli.sweep import OWN, command


def called(*arguments):
    context = click.Context(click.Group("rbench"), info_name="rbench")
    with command.make_context("sweep", list(arguments), parent=context) as found:
        return spoken(found, without=OWN), found.params


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), []),
        (("a study.toml",), ["a study.toml"]),
        (("default",), ["default"]),
        (("--", "-x.toml"), ["./-x.toml"]),
        (("--data", "my log", "--seed", "1", "--seed", "2"), None),
        (("--no-filter-history", "s.toml"), ["s.toml", "--no-filter-history"]),
        (("--out", "there", "--recipe", "float32", "--retry-failed", "--json"), []),
        (("--benchmark-model=a tool", "s"), ["s", "--benchmark-model", "a tool"]),
        (("--data", "-5"), ["--data", "-5"]),
        (("--data", ""), ["--data", ""]),
        (("--keep", "event=a b", "--keep", "x=1", "--split", "leave_one_out"), None),
    ],
    ids=str,
)
def test_words_of_a_sweep(arguments, words):
    found, params = called(*arguments)
    assert found == ["rbench", "sweep", *(arguments if words is None else words)]
    again, same = called(*found[2:])
    assert again == found
    kept = [name for name in params if name not in OWN]
    if "-x.toml" not in arguments:
        assert [same[name] for name in kept] == [params[name] for name in kept]
