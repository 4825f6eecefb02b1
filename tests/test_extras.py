"""Optional libraries: named in one line where they are missing."""

import pytest

from rbench import extras
from rbench.errors import MissingExtraError


def test_a_missing_extra_names_the_command_and_the_remedy(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as caught:
        extras.require("sweep", "rbench sweep")
    text = str(caught.value)
    assert text.startswith("rbench sweep needs ai_edge_litert, backports.zstd, tensorflow")
    assert "pip install 'rbench[sweep]'" in text
    assert "\n" not in text


def test_a_present_extra_passes(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: object())
    extras.require("profile", "rbench profile")


def test_a_module_that_cannot_be_imported_is_missing(monkeypatch):
    monkeypatch.setitem(extras.EXTRAS, "profile", ("no_such_module_here", "no_such.inner"))
    with pytest.raises(MissingExtraError, match=r"no_such_module_here, no_such\.inner"):
        extras.require("profile", "rbench profile")
