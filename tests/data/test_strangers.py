"""Faults of logs that nobody made on purpose: each is read rightly, said, or refused with a way on.

The commands that refusals print are carried out here.
"""

from __future__ import annotations

import codecs
import gzip
import io
import json
import os
import re
import shlex
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from rbench.data import DataSettings, load
from rbench.data.formats import find
from rbench.data.sequences import sequences
from rbench.data.text import peek
from rbench.errors import DataError

START = 1_700_000_000
HISTORIES = {"7": ["11", "12", "13", "11"], "8": ["12", "14", "11"], "9": ["13", "12", "14"]}
EVENTS = sorted(
    (
        (user, item, START + 90061 * place + int(user))
        for user, items in HISTORIES.items()
        for place, item in enumerate(items)
    ),
    key=lambda event: event[2] * 7919 % 1009,  # rows are in no order
)
LINES = "".join(f"{user} {' '.join(items)}\n" for user, items in HISTORIES.items())


def log(header: str = "user_id,item_id,timestamp", events: Any = EVENTS) -> str:
    return "\n".join([header, *(",".join(map(str, event)) for event in events), ""])


def histories(path: Path, **options: Any) -> dict[str, list[str]]:
    """Items of each user, oldest first."""
    settings = DataSettings(path=str(path), **options)
    found = sequences(find(settings).read(settings), 1, "keep")
    return {
        user: [found.item_names[code] for code in found.items[place]]
        for place, user in enumerate(found.user_names)
    }


def notes(path: Path, **options: Any) -> str:
    settings = DataSettings(path=str(path), **options)
    return " ".join(find(settings).read(settings).reading.notes)


def printed(message: str) -> dict[str, str]:
    """The first options that a refusal names."""
    words = shlex.split(re.findall(r"(?:--[a-z-]+ (?:'[^']*'|[^\s;,()]+) ?)+", message)[0])
    pairs = zip(words[::2], words[1::2], strict=True)
    return {name[2:].replace("-", "_"): value for name, value in pairs}


PASTED: dict[str, tuple[str, dict[str, list[str]]]] = {
    "lines of words": (
        re.sub(r"(\d+)", r"n\1", LINES),
        {f"n{user}": [f"n{item}" for item in items] for user, items in HISTORIES.items()},
    ),
    "lines of numbers between commas": (LINES.replace(" ", ","), HISTORIES),
    "a user, a tab, items": (re.sub(r"(?m)^(\d+) ", r"\1\t", LINES), HISTORIES),
    "a title above the header": (f"My export of 2024\n{log()}", HISTORIES),
    "the partition of nobody": (
        log() + f"__HIVE_DEFAULT_PARTITION__,11,{START}\n", HISTORIES,
    ),
}  # fmt: skip


@pytest.mark.parametrize("shape", PASTED)
def test_the_options_that_a_refusal_prints_work(shape: str, write: Callable[..., Path]) -> None:
    content, expected = PASTED[shape]
    path = write("log.txt", content)
    with pytest.raises(DataError) as caught:
        histories(path)
    own = caught.value.remedy.partition("--separator ';', or ")  # after what is only an example
    assert histories(path, **printed(own[2] or own[0])) == expected


@pytest.mark.parametrize("ending", ["", " UTC"])
def test_comments_of_two_slashes_are_skipped(ending: str, write: Callable[..., Path]) -> None:
    assert histories(write("log.csv", f"// made by a tool{ending}\n{log()}")) == HISTORIES


@pytest.mark.parametrize("mark", ["\ufeff", "\u200b", "\u00a0", " \ufeff "])
def test_marks_that_nobody_sees_make_no_other_user(mark: str, write: Callable[..., Path]) -> None:
    assert histories(write("log.csv", log().replace("\n7,", f"\n{mark}7,", 1))) == HISTORIES


def test_leading_zeros_are_part_of_a_name(write: Callable[..., Path]) -> None:
    path = write("log.csv", log() + f"007,11,{START}\n07,11,{START}\n")
    assert histories(path) == {**HISTORIES, "007": ["11"], "07": ["11"]}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (f"-,11,{START}\n-,12,{START}\n", "user '-' has 2 interactions"),
        (f"unknown,11,{START}\n", "user 'unknown' has 1 interactions"),
        ("".join(f"0,11,{START + n}\n" for n in range(90)), "user '0' has 90 interactions"),
        (f"0,11,{START}\n", ""),
        (f"{'e'}\u0301,11,{START}\n\u00e9,11,{START}\n", "1 users are written in two forms"),
    ],
)
def test_users_that_could_be_nobody_or_each_other(
    rows: str, said: str, write: Callable[..., Path]
) -> None:
    found = notes(write("log.csv", log() + rows))
    assert said in found
    assert bool(said) == bool(found)


def test_columns_that_differ_in_letters_only_are_said(write: Callable[..., Path]) -> None:
    content = log("user_id,item_id,timestamp,User_ID", [(*event, "x") for event in EVENTS])
    path = write("log.csv", content)
    assert histories(path) == HISTORIES
    assert "'User_ID'" in notes(path)


@pytest.mark.parametrize(
    "form",
    ["%b %d, %Y, %I:%M:%S %p", "%d.%m.%Y, %H:%M:%S", "%A, %B %d, %Y %I:%M %p", "%d.%m.%y %H:%M",
     "[%d/%b/%Y:%H:%M:%S +0000]", "%m/%d/%Y, %I:%M:%S %p"],
)  # fmt: skip
def test_more_forms_of_dates(form: str, write: Callable[..., Path]) -> None:
    events = [(u, i, f'"{datetime.fromtimestamp(t, UTC).strftime(form)}"') for u, i, t in EVENTS]
    assert histories(write("log.csv", log(events=events))) == HISTORIES


def test_days_of_months_are_no_times(
    write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    rows = [(user, item, 2024, 1 + place % 2, place + 1)
            for place, (user, item, _) in enumerate(EVENTS)]  # fmt: skip
    path = write("log.csv", log("user_id,item_id,year,month,day", rows))
    message = refused(path)
    assert "days of a month" in message
    assert notes(path, **printed(message))
    dates = [(user, item, "01", f"2024-01-{place + 1:02d}")
             for place, (user, item, _) in enumerate(EVENTS)]  # fmt: skip
    assert load(DataSettings(path=str(write("x.csv", log("user_id,item_id,month,day", dates)))))


def zipped(content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("log.csv.gz", content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(gzip.compress(log().encode())), "gzip within gzip"),
        (zipped(gzip.compress(log().encode())), "gzip within zip"),
        (gzip.compress(b"PAR1" + bytes(90)), "Parquet within gzip"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(90), "a 7z archive"),
        (b"Rar!\x1a\x07\x01\x00" + bytes(90), "a RAR archive"),
        (gzip.compress(b"log.csv".ljust(257, b"\0") + b"ustar" + bytes(250)), "tar archive within"),
    ],
    # Packed content holds the time of day, and names are the same in every process.
    ids=lambda value: value if isinstance(value, str) else "log",
)
def test_what_is_packed_twice_is_named(
    content: bytes, said: str, write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    message = refused(write("log.bin", content))
    assert said in message
    assert "unpack it" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps(EVENTS), "arrays, without names"),
        ("".join(json.dumps(event) + "\n" for event in EVENTS), "arrays, without names"),
        (json.dumps(HISTORIES), "one object a user"),
        (json.dumps(HISTORIES, indent=1), "one object a user"),
        (json.dumps({"user": {"0": 1, "1": 2}, "item": {"0": 3, "1": 4}}), "pd.read_json"),
    ],
)
def test_json_without_names_is_no_table(
    content: str, said: str, write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    assert said in refused(write("log.json", content))


def test_a_list_beside_the_interactions(write: Callable[..., Path]) -> None:
    rows = [dict(zip(("user", "item", "time"), event, strict=True)) for event in EVENTS]
    for indent in (None, 1):
        content = json.dumps({"tags": ["a", "b"], "data": rows}, indent=indent)
        assert histories(write("log.json", content)) == HISTORIES


@pytest.mark.parametrize("between", [" ", "|", ", "])
def test_ids_in_one_cell_are_a_list_where_its_name_says_so(
    between: str, write: Callable[..., Path]
) -> None:
    rows = "".join(f"{user};{between.join(items)}\n" for user, items in HISTORIES.items())
    assert histories(write("log.csv", f"user_id;item_ids\n{rows}")) == HISTORIES
    milk = "user_id;items;timestamp\n1;whole milk;5\n1;rum;6\n2;whole milk;7\n"
    assert histories(write("milk.csv", milk)) == {"1": ["whole milk", "rum"], "2": ["whole milk"]}


def test_spark_writes_empty_parts(write: Callable[..., Path], tmp_path: Path) -> None:
    write("d/part-00000.csv", "")
    write("d/part-00001.csv", log(events=EVENTS[:5]))
    write("d/part-00002.csv", "")
    write("d/part-00003.csv", codecs.BOM_UTF8 + log(events=EVENTS[5:]).encode())
    assert histories(tmp_path / "d") == HISTORIES
    write("none/part-00000.csv", "")
    write("none/part-00001.csv", "")
    with pytest.raises(DataError, match="empty"):
        histories(tmp_path / "none")


def test_parts_in_several_encodings_are_refused(
    write: Callable[..., Path], refused: Callable[..., str], tmp_path: Path
) -> None:
    events = [(f"Zo\u00eb{user}", item, time) for user, item, time in EVENTS]
    write("d/part-0.csv", log(events=events[:5]).encode("utf-8"))
    write("d/part-1.csv", log(events=events[5:]).encode("latin-1"))
    assert "several encodings" in refused(tmp_path / "d")
    write("d/part-0.csv", log(events=events[:5]).encode("latin-1"))
    assert set(histories(tmp_path / "d")) == {"Zo\u00eb7", "Zo\u00eb8", "Zo\u00eb9"}


def test_a_file_beside_partitions_is_not_taken_for_the_log(
    write: Callable[..., Path], refused: Callable[..., str], tmp_path: Path
) -> None:
    write("d/user_id=7/x.csv", "item_id,timestamp\n1,2\n")
    write("d/names.csv", log())
    message = refused(tmp_path / "d")
    assert "user_id=7" in message
    assert histories(tmp_path / "d" / "names.csv") == HISTORIES


def parquet(path: Path, **columns: Any) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    path.parent.mkdir(exist_ok=True)
    parquet.write_table(pa.table(columns), path)


def test_parts_of_parquet_are_read_by_the_columns_of_the_first(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    users, items, times = (list(column) for column in zip(*EVENTS, strict=True))
    parquet(tmp_path / "d" / "a.parquet", user_id=users[:5], item_id=items[:5], date=times[:5])
    parquet(tmp_path / "d" / "b.parquet", item_id=items[5:], timestamp=times[5:], date=times[5:],
            session_id=items[5:], user_id=users[5:])  # fmt: skip
    assert histories(tmp_path / "d") == HISTORIES
    parquet(tmp_path / "d" / "b.parquet", session_id=users[5:], item_id=items[5:], date=times[5:])
    message = refused(tmp_path / "d")
    assert "b.parquet" in message
    assert "no column 'user_id'" in message


def test_parts_of_dates_and_of_times_are_refused(
    refused: Callable[..., str], tmp_path: Path
) -> None:
    pa = pytest.importorskip("pyarrow")
    users, items, times = (list(column) for column in zip(*EVENTS, strict=True))
    days = pa.array([time // 86400 for time in times[:5]], pa.date32())
    moments = pa.array(times[5:], pa.timestamp("s"))
    parquet(tmp_path / "d" / "a.parquet", user_id=users[:5], item_id=items[:5], date=days)
    parquet(tmp_path / "d" / "b.parquet", user_id=users[5:], item_id=items[5:], date=moments)
    message = refused(tmp_path / "d")
    assert "dates in a.parquet" in message
    assert "timestamps in b.parquet" in message


@pytest.mark.parametrize(("kept", "value"), [(True, "true"), (1.0, "1"), (1, "1"), ("a b", "a b")])
def test_values_to_keep_are_written_as_ids_are(kept: Any, value: str, tmp_path: Path) -> None:
    users, items, times = (list(column) for column in zip(*EVENTS, strict=True))
    other = {bool: False, float: 0.0, int: 0, str: "c"}[type(kept)]
    parquet(tmp_path / "log.parquet", user_id=[*users, "7"], item_id=[*items, "14"],
            timestamp=[*times, START], event=[*[kept] * len(users), other])  # fmt: skip
    assert histories(tmp_path / "log.parquet", keep=(f"event={value}",)) == HISTORIES


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("version https://git-lfs.github.com/spec/v1\noid sha256:5c\nsize 5\n", "git lfs pull"),
        ("\ufeff\n<!DOCTYPE html>\n<html><body>404, not found</body></html>\n", "a web page"),
        ('<?xml version="1.0"?>\n<posts><row Id="1" /></posts>\n', "read_xml"),
    ],
)
def test_text_that_is_no_table_is_named(
    content: str, said: str, write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    assert said in refused(write("log.csv", content))


@pytest.mark.parametrize("write_list", [json.dumps, repr])
def test_objects_in_a_cell_are_no_items(
    write_list: Any, write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    rows = "".join(
        f"{user};{write_list([{'item_id': item, 'n': 1} for item in items])}\n"
        for user, items in HISTORIES.items()
    )
    message = refused(write("log.csv", f"user_id;items\n{rows}"))
    assert "line 2" in message
    assert "[1, 2, 3]" in message


def test_a_column_stands_above_the_name_of_its_folder(
    write: Callable[..., Path], tmp_path: Path
) -> None:
    for user in HISTORIES:
        write(f"d/user_id={user}/x.csv", log(events=[one for one in EVENTS if one[0] == user]))
    assert histories(tmp_path / "d") == HISTORIES


def test_what_python_says_of_a_cell_is_not_shown(
    write: Callable[..., Path], refused: Callable[..., str], recwarn: pytest.WarningsRecorder
) -> None:
    assert refused(write("log.csv", "user_id;items\n7;['a', 1or]\n"))
    assert refused(write("log.json", "{'user_id': 7or}\n"))
    assert not recwarn.list


HEADS = {
    "Ta-Feng": "CUSTOMER_ID,PRODUCT_ID,TRANSACTION_DT",
    "a German shop": "Kundennummer,Artikelnummer,Datum",
    "a French shop": "id_client,id_produit,date_achat",
    "loyalty cards": "loyalty_card,ean,bought_at",
    "films": "watcher,imdb_id,watched_at",
    "songs": "listener,isrc,listened_at",
    "Matomo": "idVisitor,product_sku,serverTimestamp",
    "Reddit": "author,article_id,created_utc",
}


@pytest.mark.parametrize("shop", HEADS)
def test_more_names_of_columns(shop: str, write: Callable[..., Path]) -> None:
    assert histories(write("log.csv", log(HEADS[shop]))) == HISTORIES


FORMS = {
    "SQL Server": "%b %d %Y %I:%M%p",
    "a spreadsheet of the USA": "%m/%d/%y %I:%M %p",
    "date of Unix": "%a %b %d %H:%M:%S UTC %Y",
    "a word for the day": "%A, %d %B %Y",
    "two blanks": "%Y-%m-%d  %H:%M:%S",
}


@pytest.mark.parametrize("form", FORMS)
def test_forms_that_other_programs_write(form: str, write: Callable[..., Path]) -> None:
    events = [
        (user, item, f'"{datetime.fromtimestamp(time, UTC):{FORMS[form]}}"')
        for user, item, time in EVENTS
    ]
    assert histories(write("log.csv", log(events=events))) == HISTORIES


def test_dates_that_are_none_are_holes(write: Callable[..., Path]) -> None:
    zero = "7,11,0000-00-00 00:00:00\n"
    events = [(*ids, datetime.fromtimestamp(time, UTC).isoformat()) for *ids, time in EVENTS]
    path = write("log.csv", log(events=events) + zero)
    with pytest.raises(DataError, match="'0000-00-00 00:00:00'; 1 of 11 rows") as caught:
        histories(path)
    assert "--holes keep" not in str(caught.value)
    assert histories(path, **printed(caught.value.remedy)) == HISTORIES


@pytest.mark.parametrize(
    ("ends", "said"), [(("Z", ""), True), (("+02:00", ""), True), (("Z", "+00:00"), False)]
)
def test_zones_that_only_some_times_have_are_said(
    ends: tuple[str, str], said: bool, write: Callable[..., Path]
) -> None:
    events = [
        (user, item, f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%S}{ends[row % 2]}")
        for row, (user, item, time) in enumerate(EVENTS)
    ]
    found = notes(write("log.csv", log(events=events)))
    assert ("some times have a zone and others none" in found) == said


def test_times_that_would_be_rounded_are_refused(write: Callable[..., Path]) -> None:
    """As floats all of these were the same time."""
    events = [(user, item, 10**30 + time) for user, item, time in EVENTS]
    with pytest.raises(DataError, match="line 2: column 'timestamp' holds '10000000"):
        histories(write("log.csv", log(events=events)))


@pytest.mark.parametrize("first", ["latin-1", "utf-8"])
def test_a_file_of_two_encodings_is_refused(first: str, write: Callable[..., Path]) -> None:
    """As Latin-1, the same item would have two names."""
    other = {"latin-1": "utf-8", "utf-8": "latin-1"}[first]
    rows = [f"u\u00e4,i\u00e9,{START + n}\n" for n in range(4)]
    content = log().encode() + b"".join(
        row.encode(first if n < 2 else other) for n, row in enumerate(rows)
    )
    with pytest.raises(DataError, match="byte 0xe4 is not UTF-8 text"):
        histories(write("log.csv", content))


@pytest.mark.parametrize(("name", "said"), [("007", True), ("+7", True), ("070", False)])
def test_a_number_in_two_spellings_is_said(
    name: str, said: bool, write: Callable[..., Path]
) -> None:
    found = notes(write("log.csv", log() + f"{name},11,{START}\n"))
    assert (f"users such as {name!r} and '7' both occur" in found) == said


@pytest.mark.parametrize("around", ["{}", "[{}]"])
def test_a_key_twice_in_an_object_is_refused(around: str, write: Callable[..., Path]) -> None:
    twice = '{"user": 7, "item": 11, "item": 12, "timestamp": 1700000000}'
    with pytest.raises(DataError, match="line 1: the key 'item' stands twice"):
        histories(write("log.json", around.format(twice) + "\n"))


def test_items_above_their_lines_come_with_a_way_on(write: Callable[..., Path]) -> None:
    path = write("combined_data_1.txt", "1:\n1488844,3,2005-09-06\n822109,5,2005-05-13\n2:\n")
    with pytest.raises(DataError, match="as in the Netflix Prize") as caught:
        histories(path)
    program = re.findall("awk -F, '([^']+)'", caught.value.remedy)[0]
    done = subprocess.run(
        ["awk", "-F,", program, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1488844,1,3,2005-09-06\n822109,1,5,2005-05-13\n"


def test_a_line_below_the_table_can_be_left_out(write: Callable[..., Path]) -> None:
    path = write("log.csv", log() + "(10 rows)\n")
    with pytest.raises(DataError, match="1 values instead of 3") as caught:
        histories(path)
    assert histories(path, **printed(caught.value.remedy)) == HISTORIES


def test_nobody_waits_for_a_pipe(tmp_path: Path) -> None:
    """Where a name that was found leads to one, as among the parts of a table or beside a log."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DataError, match=r"pipe: this is a pipe; allowed: a file"):
        peek(tmp_path / "pipe")
    with pytest.raises(DataError, match="this is a device"):
        peek(Path("/dev/zero"))
