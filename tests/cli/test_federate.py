"""`rbench federate`: what it needs, and what it changes of a study."""

import click
import pytest

from rbench.cli import main
from rbench.cli.federate import command
from rbench.cli.spoken import spoken
from rbench.cli.sweep import OWN
from rbench.system import extras


def test_without_flower_it_says_what_to_install(tiny_study, own_store, monkeypatch, capsys):
    there = extras.is_there
    monkeypatch.setattr(extras, "is_there", lambda name: name != "flwr" and there(name))
    monkeypatch.chdir(tiny_study.parent)
    with pytest.raises(SystemExit) as left:
        main(["federate", str(tiny_study), "--out", "run"])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert "flwr" in said
    assert "pip install 'rbench[federated]'" in said
    assert not (tiny_study.parent / "run").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--noise", "1"], "multiples of clip, which is 0"),
        (["--superlink", "here"], "HOST:PORT"),
        (["--rounds", "0"], "Invalid value for '--rounds'"),
        (["--clip", "-1"], "Invalid value for '--clip'"),
    ],
)
def test_bad_words_are_refused(tiny_study, own_store, capsys, words, said):
    with pytest.raises(SystemExit) as left:
        main(["federate", str(tiny_study), *words])
    assert left.value.code == 2
    assert said in capsys.readouterr().err


def test_a_record_s_command_is_that_of_the_sweep_that_made_it():
    words = ["s.toml", "--encoder", "bow", "--rounds", "5", "--noise", "0.0", "--noise", "0.5"]
    context = click.Context(click.Group("rbench"), info_name="rbench")
    with command.make_context("federate", list(words), parent=context) as found:
        assert spoken(found, without=OWN) == [
            *("rbench", "federate", "s.toml", "--rounds", "5", "--noise", "0.0", "--noise", "0.5")
        ]
