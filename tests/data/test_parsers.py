"""Whatever a file holds, it is a log or it is refused; and what is written is read."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.data import DataSettings, fingerprint, load
from rbench.data.formats import find
from rbench.data.ids import is_null
from rbench.data.log import Log
from rbench.data.settings import Format
from rbench.errors import DataError

NAMES = st.text(
    st.characters(
        codec="utf-8",
        exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"),
        exclude_characters="\ufeff",  # a byte order mark is no letter of a name, wherever it stands
    ),
    min_size=1,
).filter(lambda name: not is_null(name) and not re.fullmatch(r"-?\d+\.0*", name))
ROWS = st.lists(st.tuples(NAMES, NAMES, st.integers(-(2**62), 2**62)), min_size=1, max_size=20)
NUMBERS = st.integers(0, 10**9)
SECONDS = st.integers(8 * 10**8, 2 * 10**9)
TEXT = st.text(st.sampled_from("01:\t,; \n\r\"'abuseritmx.-é\0"), max_size=200).map(str.encode)
FORMATS = get_args(Format)


def read(content: bytes, form: str = "auto", name: str = "log", **more: Any) -> Log:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        settings = DataSettings(path=str(path), format=form, **more)  # type: ignore[arg-type]
        return find(settings).read(settings)


def rows_of(log: Log) -> list[tuple[str, str]]:
    return [
        (log.user_names[user], log.item_names[item])
        for user, item in zip(log.users, log.items, strict=True)
    ]


@settings(max_examples=100, deadline=None)
@given(ROWS, st.sampled_from(",;\t"))
def test_csv_gives_back_what_was_written(rows: list[tuple[str, str, int]], separator: str) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator)
    writer.writerows([("user", "item", "time"), *rows])
    log = read(text.getvalue().encode(), "csv", time_unit="none")
    assert rows_of(log) == [(user, item) for user, item, _ in rows]
    assert log.times is not None
    assert log.times.tolist() == [time for _, _, time in rows]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, st.integers(1, 5), SECONDS), min_size=1, max_size=20))
@pytest.mark.parametrize(("form", "separator"), [("movielens-dat", "::"), ("movielens-100k", "\t")])
def test_movielens_gives_back_what_was_written(
    form: str, separator: str, rows: list[tuple[int, int, int, int]]
) -> None:
    content = "\n".join(separator.join(map(str, row)) for row in rows).encode()
    for by in (form, "auto"):
        log = read(content, by)
        assert log.format == form
        assert rows_of(log) == [(str(row[0]), str(row[1])) for row in rows]
        np.testing.assert_array_equal(log.times, [row[3] for row in rows])


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=20))
def test_user_item_gives_back_what_was_written(rows: list[tuple[int, int]]) -> None:
    log = read("\n".join(f"{user} {item}" for user, item in rows).encode())
    assert log.times is None
    assert rows_of(log) == [(str(user), str(item)) for user, item in rows]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=200), TEXT), st.sampled_from(FORMATS))
def test_no_bytes_crash_a_parser(content: bytes, form: str) -> None:
    check(content, form)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([b"user,item,time\n", b"1::2::3::4\n", b"1\t2\t3\t4\n", b"1 2\n", b"PAR1",
                     b"\x1f\x8b\x08", b"userId,movieId,rating,timestamp\n", b"\xef\xbb\xbf"]),
    st.one_of(st.binary(max_size=60), TEXT),
)  # fmt: skip
def test_no_bytes_after_a_good_start_crash_a_parser(start: bytes, rest: bytes) -> None:
    check(start + rest, "auto")


def check(content: bytes, form: str) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "log"
        path.write_bytes(content)
        settings = DataSettings(path=str(path), format=form)  # type: ignore[arg-type]
        message = ""
        try:
            fingerprint(settings)
            load(settings)
        except DataError as error:
            message = str(error)
        assert "\n" not in message
