"""Patterns of file rules: what pathlib's glob finds, and what it passes over."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.gate.matching import Matches, matches

NAMES = st.sampled_from(["a", "b", "a.tflite", "b.tflite", ".h", "ab"])
PARTS = st.sampled_from(["a", "*", "?", "*.tflite", "[ab]", "[!a]*", "a*", "**", "[", ".h"])
PATTERNS = st.lists(PARTS, min_size=1, max_size=4).filter(lambda parts: parts[-1] != "**")


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Every path of up to three of the names: folders without an ending, files with one."""
    root = tmp_path_factory.mktemp("tree")
    for one in ("a", "b", ".h"):
        for two in ("a", "b"):
            (root / one / two).mkdir(parents=True)
            for three in ("a.tflite", "ab", "b.tflite"):
                (root / one / two / three).touch()
        (root / one / "b.tflite").touch()
    (root / "a.tflite").touch()
    return root


@settings(deadline=None, max_examples=200)
@given(PATTERNS)
def test_a_folder_is_matched_as_pathlib_does(tree, parts):
    pattern = "/".join(parts)
    found = {p.relative_to(tree).as_posix() for p in tree.glob(pattern) if p.is_file()}
    assert Matches(pattern, tree).paths == sorted(found)


@settings(deadline=None, max_examples=200)
@given(PATTERNS)
def test_names_are_matched_by_the_same_rule(tree, parts):
    pattern = "/".join(parts)
    files = [p.relative_to(tree).as_posix() for p in tree.rglob("*") if p.is_file()]
    assert sorted(name for name in files if matches(name, pattern)) == Matches(pattern, tree).paths


@given(st.lists(NAMES, min_size=1, max_size=5), PATTERNS)
def test_no_name_and_no_pattern_raises(names, parts):
    assert matches("/".join(names), "/".join(parts)) in (True, False)


@pytest.mark.parametrize("pattern", ["./a/*.tflite", "a//*.tflite", "a/./*.tflite"])
def test_one_pattern_in_several_spellings(tree, pattern):
    assert Matches(pattern, tree).paths == ["a/b.tflite"]
    assert matches("a/b.tflite", pattern)


def test_links_to_folders_are_followed_and_end(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real/m.tflite").touch()
    (tmp_path / "app").mkdir()
    (tmp_path / "app/link").symlink_to("../real")
    (tmp_path / "app/loop").symlink_to(".")
    (tmp_path / "app/self").symlink_to("self")
    assert Matches("app/**/*.tflite", tmp_path).paths == ["app/link/m.tflite"]
    assert Matches("app/link/*.tflite", tmp_path).paths == ["app/link/m.tflite"]
    assert Matches("**/*.tflite", tmp_path).paths == ["real/m.tflite"]


def test_many_links_to_one_folder_are_one_folder(tmp_path):
    """Two ways at each of forty steps: a trillion paths to one file."""
    for step in range(40):
        (tmp_path / f"s{step}").mkdir()
        for name in "ab":
            (tmp_path / f"s{step}" / name).symlink_to(f"../s{step + 1}")
    (tmp_path / "s40").mkdir()
    (tmp_path / "s40/m.tflite").touch()
    assert len(Matches("**/*.tflite", tmp_path).paths) == 1
    assert len(Matches("/".join(["s0", *["?"] * 40, "*.tflite"]), tmp_path).paths) == 1


def test_many_stars_end(tree):
    assert len(Matches("**/" * 40 + "*.tflite", tree).paths) == 16
    assert matches("a/" * 40 + "b", "**/" * 40 + "b")


def test_long_and_odd_patterns_match_nothing(tree):
    for pattern in ("a" * 5000, "a\0b", "[", "\udcff", " "):
        assert Matches(pattern, tree).paths == []


def test_what_cannot_be_listed_is_told(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def scandir(path):
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert Matches("**/*.tflite", tmp_path).unreadable == {"closed": "Permission denied"}
    assert Matches("*.tflite", tmp_path).unreadable == {}
