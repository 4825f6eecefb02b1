from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rbench.data import Dataset, DataSettings, load
from rbench.errors import DataError

HISTORIES = {
    # user: items, oldest first, one a day; "d" is met once, at the end
    "ann": ["a", "b", "c", "d"],
    "bob": ["b", "a", "c"],
    "cid": ["c", "b"],
    "dot": ["a", "c", "b", "a"],
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file into the test's folder."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def small(write: Callable[..., Path]) -> Path:
    """A CSV log of the four histories above, users one after another."""
    rows = [
        f"{user},{item},2024-01-{day:02d}"
        for user, items in HISTORIES.items()
        for day, item in enumerate(items, start=1)
    ]
    return write("small.csv", "\n".join(["user,item,date", *rows]) + "\n")


@pytest.fixture
def names() -> Callable[..., list[str]]:
    """The items of a sequence by their names in the log."""

    def names(dataset: Dataset, ids: Any) -> list[str]:
        return [dataset.vocabulary[one] for one in ids]

    return names


@pytest.fixture
def refused() -> Callable[..., str]:
    """The message with which a log is refused; always one line."""

    def refused(path: Path | str, **settings: Any) -> str:
        with pytest.raises(DataError) as caught:
            load(DataSettings(path=str(path), **settings))
        message = str(caught.value)
        assert "\n" not in message
        assert str(path) in message
        return message

    return refused
