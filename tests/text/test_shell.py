"""A command line is taken apart by a shell into the words that it was made of."""

import os
import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.testing.hostile import HOSTILE
from rbench.text.shell import command_line

WORDS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
)


@given(WORDS)
def test_shlex_gives_the_words_back(words):
    assert shlex.split(command_line(words)) == words


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in ("nul", "surrogate")])
def test_a_shell_gives_hostile_words_back(name):
    assert split_by_sh([HOSTILE[name], "second"]) == [HOSTILE[name], "second"]


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.binary(max_size=8).filter(lambda word: b"\0" not in word and word[-1:] != b"\n"))
)
def test_a_shell_gives_any_bytes_back(words):
    known = [os.fsdecode(word) for word in words]
    assert split_by_sh(known) == known


def split_by_sh(words):
    script = f"for word in {command_line(words)}; do printf '%s\\000' \"$word\"; done"
    done = subprocess.run(["sh"], input=os.fsencode(script), capture_output=True, check=True)
    return [os.fsdecode(word) for word in done.stdout.split(b"\0")[:-1]]


def test_known_answers():
    assert command_line(["rbench", "sweep", "my study.toml"]) == "rbench sweep 'my study.toml'"
    assert command_line(["--encoder", "it's.py:Mine"]) == "--encoder 'it'\"'\"'s.py:Mine'"
    assert command_line([os.fsdecode(b"caf\xe9")]) == "\"$(printf '\\143\\141\\146\\351')\""
