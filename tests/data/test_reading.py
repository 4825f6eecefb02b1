"""What cannot be told is refused, with the option that decides; what is odd is said."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.data import DataSettings, fingerprint, load, moments, times
from rbench.data.ids import NOBODY, Codes, settled
from rbench.errors import DataError, MissingExtraError

START = 1_700_000_000
PAIRS = [("1", "a"), ("1", "b"), ("1", "c"), ("2", "b"), ("2", "c"), ("2", "a")]


def log(header: str, *values: Any, between: str = ",") -> str:
    """Rows of user, item and what each of ``values`` makes of the row's number."""
    rows = (
        between.join([user, item, *(str(value(row)) for value in values)])
        for row, (user, item) in enumerate(PAIRS)
    )
    return "\n".join([*([header] if header else []), *rows]) + "\n"


def seconds(row: int) -> int:
    return START + 60 * row


USUAL = log("user,item,time", seconds)
AGAIN = {"time_format": "%d/%m/%Y"}

REFUSED: dict[str, tuple[str, dict[str, Any], list[str]]] = {
    # what: content, settings, what the message must hold
    "seconds and milliseconds": (
        log("user,item,time", lambda row: seconds(row) * (1000 if row < 3 else 1)), {},
        ["interaction 4", "interaction 1", "seconds", "milliseconds", "--time-unit"],
    ),
    "dates that are either": (
        log("user,item,date", lambda row: f"0{row + 1}/02/2021"), {},
        ["2 ways", "--time-format %m/%d/%Y", "--time-format %d/%m/%Y"],
    ),
    "dates without a century": (
        log("user,item,time", lambda row: 2311142213 + row), {},
        ["2043", "--time-format %y%m%d%H%M", "--time-unit s"],
    ),
    "times of day": (
        log("user,item,time", lambda row: f"23:5{row}"), {}, ["times of day", "DATE+TIME"],
    ),
    "a column of times of day": (
        log("user,item,date,time", lambda row: "2024-01-01", lambda row: f"23:5{row}"),
        {"time_column": "time"}, ["--time-column date+time"],
    ),
    "finer than nanoseconds": (
        log("user,item,time", lambda row: f"2024-01-01T00:00:00.000000000{row}Z"), {}, ["line 3"],
    ),
    "zones by name": (log("user,item,time", lambda row: "2024-01-01 10:00 EST"), {},
                      ["line 2", "--time-format"]),
    "a unit for dates": (log("user,item,time", lambda row: f"2024-01-0{row + 1}"),
                         {"time_unit": "s"}, ["--time-unit"]),
    "nobody": (USUAL.replace("2,c", "NULL,c"), {},
               ["line 6", "'NULL'", "1 of 6 rows", "--holes drop", "--holes keep"]),
    "nothing": (USUAL.replace("2,c", "2,"), {}, ["line 6", "'item' is empty", "--holes drop"]),
    "never": (USUAL.replace(str(seconds(4)), ""), {}, ["line 6", "'time'", "1 of 6", "--holes"]),
    "nobody at all": (
        log("item,event,time,user_id,session_id", seconds, lambda row: "NA", lambda row: row), {},
        ["6 of 6 rows", "--user-column session_id"],
    ),
    "empty though words are kept": (USUAL.replace("2,c", ",c"), {"holes": "keep"}, ["is empty"]),
    "unknown columns": (
        log("which_client,thing,moment", seconds), {"item_column": "thing"},
        ["'which_client', 'thing', 'moment'", "--user-column which_client",
         "--time-column moment"],
    ),
    "a column twice": (log("user,item,user", seconds), {}, ["2 columns are called 'user'"]),
    "a column for two": (USUAL, {"item_column": "user"}, ["'user' has two roles"]),
    "no header, words": (log("", lambda row: f"2024-01-0{row + 1}"), {},
                         ["no header line", "--header no --user-column 1 --item-column 2"]),
    "no header, no times": ("user_1,item_1\nuser_1,item_2\nuser_2,item_1\n",
                            {"time_column": "none"}, ["no header line", "--header no"]),
    "a header or not": ("ann,tea\nbob,rum\n", {"time_column": "none"},
                        ["is the first line a header?", "--header yes", "--header no"]),
    "a header again": (USUAL + USUAL, {"time_column": "none"}, ["header line stands among"]),
    "no such number": (USUAL, {"header": "no", "user_column": "9", "item_column": "2",
                               "time_column": "3"}, ["no column '9'", "1 to 3"]),
    "user time item weight": (log("", lambda row: row, lambda row: 1, between="\t").replace(
        "a", "1"), {}, ["no header line"]),
    "no separator": (USUAL, {"separator": ";"}, ["no semicolon", "--separator"]),
    "numbers: a table or sequences": ("1 2 3 4\n2 3 4 5\n", {},
                                      ["--format sequence", "--header no"]),
    "an event that never was": (
        log("user,item,time,event", seconds, lambda row: "view"), {"keep": ("event=buy",)},
        ["no row has 'buy'", "'view'"],
    ),
    "a rating that is none": (
        log("user,item,time,rating", seconds, lambda row: "good"), {"min_rating": 3.0},
        ["line 2", "'good'", "a number"],
    ),
    "no rating": (USUAL, {"min_rating": 3.0}, ["the rating", "--rating-column"]),
    "copies by day": (
        log("user,item,date", lambda row: "2016-05-09") + "1,a,2016-05-09\n", {},
        ["whole days", "--duplicates drop", "--duplicates keep"],
    ),
    "copies without times": (USUAL, {"time_column": "none", "duplicates": "drop"},
                             ["--duplicates", "without times"]),
    "a quantile without use": (USUAL, {"temporal_quantile": 0.5}, ["--temporal-quantile"]),
    "a unit without times": (USUAL, {"time_column": "none", "time_unit": "s"}, ["--time-unit"]),
    "not this encoding": (USUAL.replace("a", "é"), {"encoding": "ascii"}, ["0xc3", "--encoding"]),
    "lists that do not fit": (
        'user,items,timestamps\n1,"[1, 2]","[1]"\n', {"time_column": "timestamps"},
        ["line 2", "unlike lengths"],
    ),
    "json that ends": ('{"user": 1, "item": 2, "time": 3}\n{"user": ', {},
                       ["line 2", "not JSON"]),
    "json that is deep": ('{"a":' * 100_000, {}, ["line 1", "not JSON"]),
    "an endless rating": (log("", lambda row: "inf", between="\t"), {}, ["no header line"]),
    "a very wide header": (",".join(f"c{n}" for n in range(10_000)), {}, ["--header"]),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_told_is_refused_with_what_decides(
    case: str, write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    content, options, expected = REFUSED[case]
    message = refused(write("l.csv", content), **options)
    assert len(message) < 1500
    for part in expected:
        assert part in message


UNUSED = [
    ("movielens-100k", "u.data", log("", lambda row: 5, seconds, between="\t").translate(
        str.maketrans("abc", "123")), {"user_column": "x"}),
    ("movielens-dat", "ratings.dat", "1::2::3::4\n", {"separator": "::"}),
    ("user-item", "l.txt", "1 2\n1 3\n", {"time_unit": "s"}),
    ("sequence", "l.txt", "1 2\n1 3\n", {"header": "no"}),
    ("json", "l.json", '{"user": 1}', {"separator": ","}),
    ("parquet", "l.parquet", "PAR1", {"encoding": "latin-1"}),
]  # fmt: skip


@pytest.mark.parametrize(("form", "name", "content", "options"), UNUSED)
def test_an_option_without_use_is_an_error(
    form: str,
    name: str,
    content: str,
    options: dict[str, Any],
    write: Callable[..., Path],
    refused: Callable[..., str],
) -> None:
    message = refused(write(name, content), format=form, **options)
    assert f"--{next(iter(options)).replace('_', '-')}" in message
    assert "leave it out" in message


def test_the_synthetic_log_has_no_columns() -> None:
    with pytest.raises(DataError, match="--user-column"):
        load(DataSettings(user_column="x"))


@pytest.mark.parametrize(
    "options",
    [{"keep": ("event",)}, {"keep": ("=x",)}, {"encoding": "utf-99"}, {"encoding": "hex"},
     {"separator": ""}, {"separator": "\n"}, {"time_format": "YYYY"}, {"rating_column": "stars"},
     {"min_rating": float("nan")}, {"min_interactions": 10**9}, {"user_column": ""}],
)  # fmt: skip
def test_settings_that_mean_nothing(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(options))):
        DataSettings(**options)


NOTES: dict[str, tuple[str, dict[str, Any], str]] = {
    "1970": (log("user,item,time", lambda row: 0 if row == 2 else seconds(row)), {},
             "1 times lie before 1980"),
    "2200": (log("user,item,time", lambda row: 10**10 if row == 2 else seconds(row)), {},
             "1 times lie after 2100"),
    "days": (log("user,item,date", lambda row: f"2024-01-0{row + 1}"), {}, "whole days"),
    "no unit": (log("user,item,time", lambda row: row), {}, "no known unit"),
    "excel": (log("user,item,time", lambda row: 45244.25 + row), {}, "Excel's days"),
    "sessions": (log("session_id,item,time", seconds), {}, "each 'session_id' is read as a user"),
    "two items": (log("user,item_id,item,time", lambda row: "x", seconds), {},
                  "there is 'item' too"),
    "two users": (log("user_id,item,reviewer_id,time", lambda row: "x", seconds), {},
                  "there is 'reviewer_id' too"),
    "sequences": (log("user,item,item_id_list,time", lambda row: "1 2", seconds), {},
                  "'item_id_list'"),
    "mixed ids": (USUAL.replace("1,a", "1.0,a"), {}, "both as 1 and as 1.0"),
    "ids apart": (
        USUAL.replace("1,a", "1.0,a") + f"1,a,{START}\nx,a,{START}\n", {}, "taken as two"
    ),
    "rounded ids": (USUAL.replace("1,", "1.2e+18,").replace(",1.2e+18,", ",1"), {}, "rounded"),
    "long rows": (USUAL.replace(",c,", ',"c\nd",'), {}, "rows go on for several lines, 2 in all"),
    "latin-1": (USUAL, {}, "read as Latin-1"),
}  # fmt: skip


@pytest.mark.parametrize("case", NOTES)
def test_what_is_odd_is_said(case: str, write: Callable[..., Path]) -> None:
    content, options, expected = NOTES[case]
    encoded = content.replace("a", "é").encode("latin-1") if case == "latin-1" else content
    notes = load(DataSettings(path=str(write("l.csv", encoded)), **options)).summary.reading.notes
    assert expected in " | ".join(notes)


def test_a_usual_log_has_no_notes(write: Callable[..., Path]) -> None:
    assert load(DataSettings(path=str(write("l.csv", USUAL)))).summary.reading.notes == ()


def test_null_is_a_name_where_one_says_so(write: Callable[..., Path]) -> None:
    path = write("l.csv", USUAL + f"null,a,{START}\nNone,b,{START}\n")
    assert load(DataSettings(path=str(path), holes="keep")).summary.users == 4
    dropped = load(DataSettings(path=str(path), holes="drop")).summary
    assert (dropped.users, dropped.reading.rows, dropped.interactions) == (2, 8, 6)


def test_quotes_between_tabs_swallow_nothing(write: Callable[..., Path]) -> None:
    titles = ['"open', 'shut"', '5"', '"a\tb"', '"said ""x"""', "plain"]
    content = log("user\titem\ttitle\ttime", titles.__getitem__, seconds, between="\t")
    summary = load(DataSettings(path=str(write("l.tsv", content)))).summary
    assert (summary.interactions, summary.reading.rows) == (6, 6)


def test_sub_microseconds_keep_their_order(write: Callable[..., Path]) -> None:
    content = log("user,item,time", lambda row: f"2024-01-01T00:00:00.00000{100 - row:04d}Z")
    dataset = load(DataSettings(path=str(write("l.csv", content))))
    assert dataset.vocabulary[dataset.test.histories[0][0]] == "c"
    assert dataset.summary.details["time_last"] == "2024-01-01T00:00:00.0000001Z"


def test_a_person_is_the_user_where_there_is_one(write: Callable[..., Path]) -> None:
    content = log("personId,contentId,sessionId,timestamp", lambda row: row, seconds)
    reading = load(DataSettings(path=str(write("l.csv", content)))).summary.reading
    assert reading.user == "personId"


@pytest.mark.parametrize(
    ("header", "roles"),
    [
        ("CustomerID,StockCode,InvoiceDate", ("CustomerID", "StockCode", "InvoiceDate")),
        ("customer_unique_id,product_id,order_date", None),
        ("username,product_id,review_date", None),
        ("userId,venueId,utcTimestamp", None),
        ("username,anime_id,showTime", None),
        ("reviewerID,asin,unixReviewTime", None),
        ("user_id,business_id,date", None),
        ("visitorid,itemid,timestamp", None),
        ("session,aid,ts", None),
        ("User-ID,ISBN,Date", None),
        ("msno,song_id,time", None),
        ("user_id:token,item_id:token,timestamp:float", None),
        ("user,track_id,played_at", None),
    ],
)
def test_columns_of_real_logs_are_known(
    header: str, roles: tuple[str, ...] | None, write: Callable[..., Path]
) -> None:
    reading = load(DataSettings(path=str(write("l.csv", log(header, seconds))))).summary.reading
    assert (reading.user, reading.item, reading.time) == (roles or tuple(header.split(",")))


def test_torn_and_looping_and_odd_paths(
    write: Callable[..., Path], tmp_path: Path, refused: Callable[..., str]
) -> None:
    packed = gzip.compress((USUAL * 500).replace("a", "é").encode("latin-1"))
    for cut in (20, len(packed) // 2, len(packed) - 4):
        assert "gzip file is torn" in refused(write("l.csv.gz", packed[:cut]))
    broken = bytearray(packed)
    broken[-6] ^= 255  # the checksum
    assert "gzip file is torn" in refused(write("l.csv.gz", bytes(broken)))
    (tmp_path / "loop").symlink_to("loop")
    assert "in a circle" in refused(tmp_path / "loop")
    odd = tmp_path / os.fsdecode(b"l\xe9.csv")
    odd.write_text(USUAL)
    assert load(DataSettings(path=str(odd))).summary.name == "l\\xe9"
    with pytest.raises(DataError, match="not UTF-8"):
        fingerprint(DataSettings(path=str(odd)))


def test_a_line_without_end_and_a_bomb_are_refused(
    write: Callable[..., Path], refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from rbench.data import container

    monkeypatch.setattr(container, "LINE_BYTES", 100_000)
    monkeypatch.setattr(container, "SWOLLEN_BYTES", 1_000_000)
    assert "a line of more than" in refused(write("l.csv", USUAL + "1" * 200_000))
    bomb = gzip.compress((USUAL + "1,a,9\n" * 400_000).encode())
    assert "200 times" in refused(write("l.csv.gz", bomb))


def test_parts_of_other_columns_and_kinds(
    write: Callable[..., Path], tmp_path: Path, refused: Callable[..., str]
) -> None:
    write("parts/part-1.csv", USUAL)
    write("parts/part-2.csv", USUAL.replace("item", "thing"))
    assert "part-2.csv" in refused(tmp_path / "parts")
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    stamps = pa.array([seconds(row) for row in range(6)])
    users, items = zip(*PAIRS, strict=True)
    (tmp_path / "kinds").mkdir()
    for name, column in (("0", stamps), ("1", stamps.cast(pa.timestamp("s")))):
        table = pa.table({"user": users, "item": items, "time": column})
        parquet.write_table(table, tmp_path / "kinds" / f"{name}.parquet")
    message = refused(tmp_path / "kinds")
    assert "0.parquet" in message
    assert "1.parquet" in message


def test_parquet_of_several_units_is_one_log(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    users, items = zip(*PAIRS, strict=True)
    checksums = set()
    for units in (("ms", "ms"), ("us", "ms"), ("s", "ns")):
        folder = tmp_path / "-".join(units)
        folder.mkdir()
        for number, unit in enumerate(units):
            rows = slice(number, None, 2)  # each user is in both parts
            stamps = [np.datetime64(seconds(row), "s") for row in range(6)][rows]
            table = pa.table(
                {"user": users[rows], "item": items[rows],
                 "time": pa.array(stamps, pa.timestamp("s")).cast(pa.timestamp(unit))}
            )  # fmt: skip
            parquet.write_table(table, folder / f"part-{number}.parquet")
        checksums.add(load(DataSettings(path=str(folder))).summary.checksum)
    assert len(checksums) == 1


FORMS = st.sampled_from(
    ["%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%b %d %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ",
     "%a %b %d %H:%M:%S +0000 %Y", "%d-%b-%Y %H:%M:%S", "%B %d, %Y %I:%M:%S %p"]
)  # fmt: skip
MOMENTS = st.lists(st.integers(10**9, 4 * 10**9), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(FORMS, MOMENTS)
def test_dates_give_back_the_moments_that_they_were_written_from(
    form: str, moments: list[int]
) -> None:
    from datetime import UTC, datetime

    texts = [datetime.fromtimestamp(moment, UTC).strftime(form) for moment in moments]
    parser = times.Parser()
    for text in texts:
        parser.add([text])
    values, unit, _ = parser.finish()
    assert unit == "us"
    assert values is not None
    assert values.tolist() == [moment * 10**6 for moment in moments]


@settings(max_examples=60, deadline=None)
@given(MOMENTS, st.booleans())
def test_days_and_months_are_told_apart_or_refused(values: list[int], american: bool) -> None:
    from datetime import UTC, datetime

    form = "%m/%d/%Y" if american else "%d/%m/%Y"
    days = [datetime.fromtimestamp(value, UTC) for value in values]
    parser = times.Parser()
    parser.add([day.strftime(form) for day in days])
    midnight = [int(day.replace(hour=0, minute=0, second=0).timestamp()) for day in days]
    try:
        found, _, _ = parser.finish()
    except times.Ambiguous:
        assert all(day.day <= 12 for day in days)
    else:
        assert found is not None
        assert found.tolist() == [value * 10**6 for value in midnight]


@settings(max_examples=100, deadline=None)
@given(st.integers(10**17, 4 * 10**18), st.integers(10**17, 4 * 10**18))
def test_different_times_look_different(one: int, other: int) -> None:
    shown = [times.show(value, "ns") for value in (one, other)]
    assert (shown[0] == shown[1]) == (one == other)
    assert np.datetime64(shown[0].removesuffix("Z"), "ns").astype(int) == one


@settings(deadline=None)
@given(st.lists(st.sampled_from(["1", "1 ", " 1", "1.0", "2", "2.", "NULL", "", "na ", "x"])))
def test_ids_are_the_same_however_they_are_written(names: list[str]) -> None:
    codes = Codes()
    found = codes.encode(names)
    assert [code == NOBODY for code in found] == [
        name.strip() in ("NULL", "", "na") for name in names
    ]
    whole = found[found != NOBODY]
    numbered, plain, _ = settled(whole, codes.names, "user")
    kept = [name.strip() for name in names if name.strip() not in ("NULL", "", "na")]
    expected = kept if "x" in kept else [name.partition(".")[0] for name in kept]
    assert [plain[code] for code in numbered] == expected


@settings(deadline=None)
@given(st.lists(st.integers(1, 4 * 10**18), min_size=1, max_size=9))
def test_mixed_units_name_rows_that_are(values: list[int]) -> None:
    array = np.array(values, np.int64)
    found = moments.mixed(array)
    within = {
        unit
        for value, (unit, ticks) in itertools.product(values, times.PER_SECOND.items())
        if moments.EARLIEST_S <= value / ticks <= moments.LATEST_S
    }
    assert (found is not None) == (len(within) > 1)
    for row, unit in found or ():
        assert moments.EARLIEST_S <= values[row] / times.PER_SECOND[unit] <= moments.LATEST_S


def test_zstd_without_its_library_names_the_extra(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("l.csv.zst", b"\x28\xb5\x2f\xfd and more")
    for name in ("backports", "backports.zstd"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"rbench\[profile\]"):
        load(DataSettings(path=str(path)))


def test_what_was_read_is_in_the_summary_that_records_hold(write: Callable[..., Path]) -> None:
    import msgspec

    reading = load(DataSettings(path=str(write("l.csv", USUAL)))).summary.reading
    said = json.loads(msgspec.json.encode(reading))
    assert said["separator"] == "comma"
    assert said["time_unit"] == "s"
    assert "auto" not in msgspec.json.encode(reading).decode()
    assert str(reading) == (
        "csv, UTF-8, separated by comma; user 'user', item 'item', time 'time' (number, s)"
    )


@pytest.mark.parametrize(
    ("name", "line"), [("u.data", "{}\t{}\t3\t{}"), ("ratings.dat", "{}::{}::3::{}")]
)
def test_movielens_times_are_seconds_whatever_else_they_look_like(
    tmp_path: Path, name: str, line: str
) -> None:
    """1204221800 could be a date without a century; in MovieLens it cannot."""
    place = tmp_path / name
    place.write_text("\n".join(line.format(user, ord(item), 1204221800) for user, item in PAIRS))
    first = load(DataSettings(path=str(place), duplicates="keep")).summary
    assert first.reading is not None
    assert first.reading.time_unit == "s"
