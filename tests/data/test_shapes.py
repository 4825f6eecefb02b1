"""One log of twelve interactions in the shapes that people bring: read, and how it was read."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from rbench.data import Dataset, DataSettings, load

START = 1_700_000_000
EVENTS = [
    (user, item, START + 60 * place)
    for place, (user, item) in enumerate(
        [(user, item) for user, items in ((1, "0123"), (2, "0234"), (3, "1234")) for item in items]
    )
]
EVENTS = [(user, 10 + int(item), time) for user, item, time in EVENTS]
"""User, item, seconds."""
HISTORIES = {"1": ["10", "11", "12", "13"], "2": ["10", "12", "13", "14"],
             "3": ["11", "12", "13", "14"]}  # fmt: skip
HEADER = ("user_id", "item_id", "timestamp")
LISTS = [(user, [item for who, item, _ in EVENTS if who == user]) for user in (1, 2, 3)]


def table(between: str = ",", header: tuple[str, ...] = HEADER, row: Any = None) -> str:
    rows = [between.join(map(str, row(*event) if row else event)) for event in EVENTS]
    return "\n".join([*([between.join(header)] if header else []), *rows]) + "\n"


def dated(form: str) -> str:
    from datetime import UTC, datetime

    return table(";", row=lambda u, i, t: (u, i, datetime.fromtimestamp(t, UTC).strftime(form)))


def zipped(content: str) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("log.csv", content)
        archive.writestr("__MACOSX/._log.csv", "x")
    return file.getvalue()


def objects(between: str = "\n", write: Any = json.dumps) -> str:
    return between.join(
        write({"user_id": user, "item_id": item, "timestamp": time}) for user, item, time in EVENTS
    )


CSV = table()
SHAPES: dict[str, tuple[str, str | bytes, dict[str, Any], dict[str, Any]]] = {
    # what: file, content, settings, what is said of the reading
    "comma": ("l.csv", CSV, {}, {"format": "csv", "separator": "comma", "encoding": "UTF-8"}),
    "semicolon": ("l.csv", table(";"), {}, {"separator": "semicolon"}),
    "tab": ("l.tsv", table("\t"), {}, {"separator": "tab", "header": "yes"}),
    "pipe": ("l.txt", table("|"), {}, {"separator": "pipe"}),
    "ctrl-a": ("l.txt", table("\x01"), {}, {"separator": "'\\x01'"}),
    "double colon with a header": ("l.txt", table("::"), {}, {"separator": "'::'"}),
    "white space": ("l.txt", table("  "), {}, {"separator": "white space"}),
    "a separator of one's own": ("l.txt", table("~"), {"separator": "~"}, {"separator": "'~'"}),
    "no header": (
        "l.csv", table(header=()),
        {"header": "no", "user_column": "1", "item_column": "2", "time_column": "3"},
        {"header": "no", "user": "1", "item": "2", "time": "3"},
    ),
    "four numbers in another order": (
        "l.txt", table("\t", (), lambda u, i, t: (u, t, i, 1)),
        {"user_column": "1", "item_column": "3", "time_column": "2"},
        {"format": "csv", "time": "2", "time_unit": "s"},
    ),
    "comments": ("l.csv", f"# exported\n%\n{CSV}", {},
                 {"skipped": {"lines of comments at the beginning": 2}}),
    "comments between": ("l.csv", CSV.replace("\n3", "\n!x\n3", 1), {"comment": "!"},
                         {"comment": "!"}),
    "excel's first line": ("l.csv", f"sep=;\n{table(';')}", {}, {"separator": "semicolon"}),
    "r's row names": (
        "l.csv", table().replace("\n", "\n@").rstrip("@").replace("@", "{},").format(*range(1, 13)),
        {}, {"user": "user_id"},
    ),
    "a separator at the end": ("l.csv", table(row=lambda u, i, t: (u, i, f"{t},")), {}, {}),
    "quotes": ("l.csv", table(row=lambda u, i, t: (f'"{u}"', f'"{i}"', f'"{t}"')), {}, {}),
    "gzip": ("l.csv.gz", gzip.compress(CSV.encode()), {}, {"packed": "gzip"}),
    "bzip2": ("l.csv.bz2", bz2.compress(CSV.encode()), {}, {"packed": "bzip2"}),
    "xz": ("l.csv.xz", lzma.compress(CSV.encode()), {}, {"packed": "xz"}),
    "zip": ("l.zip", zipped(CSV), {}, {"packed": "zip"}),
    "utf-16": ("l.csv", CSV.encode("utf-16"), {}, {"encoding": "UTF-16"}),
    "utf-16 without a mark": ("l.csv", CSV.encode("utf-16-be"), {}, {"encoding": "UTF-16-BE"}),
    "a byte order mark": ("l.csv", codecs.BOM_UTF8 + CSV.encode(), {}, {"encoding": "UTF-8"}),
    "old mac lines": ("l.csv", CSV.replace("\n", "\r"), {}, {}),
    "windows lines": ("l.csv", CSV.replace("\n", "\r\n"), {}, {}),
    "json lines": ("l.jsonl", objects(), {}, {"format": "json", "separator": ""}),
    "json lines, packed": ("l.json.gz", gzip.compress(objects().encode()), {}, {"packed": "gzip"}),
    "json array": ("l.json", f"[{objects(',')}]", {}, {"format": "json"}),
    "json, pretty": ("l.json", json.dumps(json.loads(f"[{objects(',')}]"), indent=1), {}, {}),
    "python's json": ("l.json", objects(write=repr), {}, {"format": "json"}),
    "json in json": (
        "l.jsonl",
        "\n".join(
            json.dumps({"session": user, "events": [
                {"aid": item, "ts": 1000 * time} for who, item, time in EVENTS if who == user]})
            for user in (1, 2, 3)
        ),
        {}, {"user": "session", "item": "aid", "time_unit": "ms"},
    ),
    "sequences": ("l.txt", "1 10 11 12 13\n2 10 12 13 14\n3 11 12 13 14\n",
                  {"format": "sequence"}, {"format": "sequence", "time": ""}),
    "sequences of unlike lengths": (
        "l.txt", "1 10 11 12 13\n2 10 12 13 14\n3 11 12 13 14\n4\n", {}, {"format": "sequence"}),
    "user item": ("l.txt", "".join(f"{u} {i}\n" for u, i, _ in EVENTS), {},
                  {"format": "user-item"}),
    "a list in a cell": (
        "l.csv", "user_id,item_ids\n" + "".join(f'{u},"{i}"\n' for u, i in LISTS), {},
        {"item": "item_ids", "time": ""},
    ),
    "recbole": ("l.inter", table("\t", ("user_id:token", "item_id:token", "timestamp:float")), {},
                {"user": "user_id:token"}),
    "recbole's lists": (
        "l.inter",
        "user_id:token\titem_id_list:token_seq\n"
        + "".join(f"{u}\t{' '.join(map(str, i))}\n" for u, i in LISTS),
        {}, {"item": "item_id_list:token_seq"},
    ),
    "movielens dat": ("l.txt", table("::", (), lambda u, i, t: (u, i, 5, t)), {},
                      {"format": "movielens-dat", "time_unit": "s"}),
    "movielens 100k": ("l.txt", table("\t", (), lambda u, i, t: (u, i, 5, t)), {},
                       {"format": "movielens-100k"}),
    "movielens csv": (
        "l.csv",
        table(",", ("userId", "movieId", "rating", "timestamp"), lambda u, i, t: (u, i, 4.5, t)),
        {}, {"format": "movielens-csv"},
    ),
    "movielens' header, other values": (
        "l.csv",
        table(",", ("userId", "movieId", "rating", "timestamp"), lambda u, i, t: (u, i, "", t)),
        {}, {"format": "csv"},
    ),
    "floats for ids": ("l.csv", table(row=lambda u, i, t: (f"{u}.0", f"{i}.0", t)), {}, {}),
    "spaces around ids": ("l.csv", table(";", row=lambda u, i, t: (f" {u} ", f"{i} ", t)), {}, {}),
    "milliseconds": ("l.csv", table(row=lambda u, i, t: (u, i, 1000 * t)), {}, {"time_unit": "ms"}),
    "german dates": ("l.csv", dated("%d.%m.%Y %H:%M:%S"), {},
                     {"time_format": "%d.%m.%Y %H:%M:%S"}),
    "american dates": ("l.csv", dated("%m/%d/%Y %I:%M:%S %p"), {},
                       {"time_format": "%m/%d/%Y %I:%M:%S %p"}),
    "twitter's dates": ("l.csv", dated("%a %b %d %H:%M:%S +0000 %Y"), {},
                        {"time_format": "%a %b %d %H:%M:%S %z %Y"}),
    "dates as numbers": ("l.csv", dated("%Y%m%d%H%M%S"), {}, {"time_format": "%Y%m%d%H%M%S"}),
    "a date form of one's own": ("l.csv", dated("%H.%M.%S on %y-%m-%d"),
                                 {"time_format": "%H.%M.%S on %y-%m-%d"}, {}),
    "date and time of day": (
        "l.csv",
        dated("%Y-%m-%d;%H:%M:%S").replace("timestamp", "date;time"),
        {}, {"time": "date+time"},
    ),
    "events to keep": (
        "l.csv",
        table(header=(*HEADER, "event"), row=lambda u, i, t: (u, i, t, "buy")) + "1,14,9,view\n",
        {"keep": ("event=buy",)}, {"rows": 13, "skipped": {"rows that --keep leaves out": 1}},
    ),
    "least rating": (
        "l.csv",
        table(header=(*HEADER, "stars"), row=lambda u, i, t: (u, i, t, 4)) + "1,14,9,3.5\n",
        {"min_rating": 4.0}, {"rating": "stars", "skipped": {"rows rated below 4": 1}},
    ),
    "holes": ("l.csv", CSV + f"NULL,14,{START}\n,14,{START}\n3,\\N,{START}\n3,14,NaN\n",
              {"holes": "drop"}, {"skipped": {"rows without user, item or time": 4}}),
    "repeats": ("l.csv", CSV + "".join(f"{u},{i},{t + 1}\n" for u, i, t in EVENTS),
                {"repeats": "collapse"}, {"rows": 24}),
}  # fmt: skip


def histories(dataset: Dataset) -> list[list[str]]:
    """What each user did, oldest first, by the items' names; unknown ones as their place."""
    found = []
    for user in range(len(dataset.test.users)):
        known = [dataset.vocabulary[one] for one in dataset.test.histories[user]]
        found.append([*known, dataset.vocabulary[dataset.test.targets[user]]])
    return found


def check(dataset: Dataset, said: dict[str, Any]) -> None:
    summary = dataset.summary
    assert (summary.users, summary.items, summary.interactions) == (3, 5, 12)
    # Training saw no 13 and 14: they have no name in the vocabulary.
    known = [
        [item if item in ("10", "11", "12") else "" for item in items]
        for items in HISTORIES.values()
    ]
    assert histories(dataset) == known
    for name, value in said.items():
        assert getattr(summary.reading, name) == value, name
    assert summary.reading.user
    assert summary.reading.item


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_the_same_log(shape: str, write: Callable[..., Path]) -> None:
    name, content, settings, said = SHAPES[shape]
    path = write(name, content)
    if shape == "sequences of unlike lengths":
        said = {**said, "rows": 12}
    check(load(DataSettings(path=str(path), **settings)), said)


def test_there_are_as_many_shapes_as_the_page_promises() -> None:
    assert len(SHAPES) >= 25


def test_zstd(write: Callable[..., Path]) -> None:
    zstd = pytest.importorskip("backports.zstd")
    path = write("l.csv.zst", zstd.compress(CSV.encode()))
    check(load(DataSettings(path=str(path))), {"packed": "zstd"})


def test_latin_1_is_read_and_said(write: Callable[..., Path]) -> None:
    rows = "".join(f"{'Zoë' if u == 1 else u},{i},{t}\n" for u, i, t in EVENTS)
    path = write("l.csv", (",".join(HEADER) + "\n" + rows).encode("latin-1"))
    for settings, notes in (({}, 1), ({"encoding": "latin-1"}, 0)):
        reading = load(DataSettings(path=str(path), **settings)).summary.reading  # type: ignore[arg-type]
        assert reading.encoding == "Latin-1"
        assert len(reading.notes) == notes


def test_parts_of_spark_and_folders_of_hive(write: Callable[..., Path], tmp_path: Path) -> None:
    for number in range(3):
        rows = "".join(f"{u},{i},{t}\n" for u, i, t in EVENTS[4 * number : 4 * number + 4])
        write(f"spark/part-0000{number}.csv", ",".join(HEADER) + "\n" + rows)
        own = "".join(f"{i},{t}\n" for _, i, t in EVENTS[4 * number : 4 * number + 4])
        write(f"hive/user_id={number + 1}/x.csv", "item_id,timestamp\n" + own)
    write("spark/_SUCCESS", "")
    write("spark/.part-00000.csv.crc", "x")
    check(load(DataSettings(path=str(tmp_path / "spark"))), {"files": 3})
    check(load(DataSettings(path=str(tmp_path / "hive"))), {"files": 3, "user": "user_id"})


@pytest.mark.parametrize(
    "kind", ["list", "times too", "view", "dictionary", "large", "parts", "float", "decimal"]
)
def test_parquet(kind: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    users, items, times = (list(column) for column in zip(*EVENTS, strict=True))
    said: dict[str, Any] = {"format": "parquet"}
    settings: dict[str, Any] = {}
    if kind in ("list", "times too"):
        columns = {"user_id": [1, 2, 3], "item_id": [items for _, items in LISTS]}
        if kind == "times too":
            columns["timestamp"] = [times[at : at + 4] for at in (0, 4, 8)]
            said["time_unit"] = "s"
        written = pa.table(columns)
    else:
        moments = pa.array(times, pa.int64())
        ids = {
            "view": lambda values: pa.array(map(str, values), pa.string_view()),
            "dictionary": lambda values: pa.array(map(str, values)).dictionary_encode(),
            "large": lambda values: pa.array(map(str, values), pa.large_string()),
            "float": lambda values: pa.array(map(float, values), pa.float64()),
            "decimal": lambda values: pa.array(values).cast(pa.decimal128(21, 1)),
        }.get(kind, pa.array)
        if kind == "dictionary":
            moments = pa.array([str(time) for time in times]).dictionary_encode()
        written = pa.table({"user_id": ids(users), "item_id": ids(items), "timestamp": moments})
    if kind == "parts":
        for number, (unit, factor) in enumerate((("s", 1), ("ms", 10**3), ("us", 10**6))):
            part = written.slice(4 * number, 4)
            stamps = pa.array([time * factor for time in times[4 * number : 4 * number + 4]])
            part = part.set_column(2, "timestamp", stamps.cast(pa.timestamp(unit)))
            parquet.write_table(part, tmp_path / f"part-{number}.parquet")
        said |= {"files": 3, "time_unit": "us", "time_format": "timestamp"}
    else:
        parquet.write_table(written, tmp_path / "log.parquet")
    check(load(DataSettings(path=str(tmp_path), **settings)), said)
