"""The same log in every format is understood as the same log."""

from __future__ import annotations

import builtins
import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import msgspec
import numpy as np
import pytest

from rbench.data import Dataset, DataSettings, fingerprint, load, read_vocabulary, save
from rbench.data.settings import Format
from rbench.errors import MissingExtraError

ROWS = [
    *[(1, 31, 4, 100), (1, 29, 3, 90), (1, 7, 5, 110)],
    *[(2, 7, 1, 50), (2, 31, 2, 50), (2, 8, 3, 60)],
    *[(3, 29, 1, 1), (3, 31, 1, 2), (4, 7, 1, 1), (4, 8, 1, 2)],  # too few, so they only train
]
ROWS = [(user, item, rating, 900_000_000 + time) for user, item, rating, time in ROWS]
CSV = "userId,movieId,rating,timestamp\n" + "".join(f"{u},{i},{r}.5,{t}\n" for u, i, r, t in ROWS)

FILES = {
    "movielens-dat": ("ratings.dat", "".join(f"{u}::{i}::{r}::{t}\n" for u, i, r, t in ROWS)),
    "movielens-100k": ("u.data", "".join(f"{u}\t{i}\t{r}\t{t}\n" for u, i, r, t in ROWS)),
    "movielens-csv": ("ratings.csv", CSV),
    "csv": (
        "log.csv",
        "date;uid;junk;ITEM_ID\n" + "".join(f"{t};{u};x;{i}\n" for u, i, _, t in ROWS),
    ),
}


SEQUENCES = {1: (29, 31, 7), 2: (7, 31, 8), 3: (29, 31), 4: (7, 8)}
MORE = {
    "user-item": ("log.txt", "".join(f"{u} {i}\n" for u, row in SEQUENCES.items() for i in row)),
    "sequence": (
        "log.txt",
        "".join(f"{u} {' '.join(map(str, row))}\n" for u, row in SEQUENCES.items()),
    ),
    "json": (
        "log.jsonl",
        "".join(f'{{"user": {u}, "item": {i}, "timestamp": {t}}}\n' for u, i, _, t in ROWS),
    ),
}


def understood(dataset: Dataset) -> tuple[Any, ...]:
    return (
        dataset.vocabulary,
        [dataset.train[n].tolist() for n in range(len(dataset.train))],
        dataset.test.targets.tolist(),
        dataset.summary.checksum,
    )


@pytest.mark.parametrize("form", sorted(set(get_args(Format)) - {"auto"}))
def test_a_folder_keeps_the_log_s_own_names_in_every_format(
    form: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    """What a run's items.json is made from: whatever the log, by its own ids."""
    if form == "parquet":
        arrow = pytest.importorskip("pyarrow", reason="needs rbench[sweep]")
        from pyarrow import parquet

        path = tmp_path / "log.parquet"
        columns = zip(*ROWS, strict=True)
        names = ("user", "item", "rating", "timestamp")
        parquet.write_table(arrow.table(dict(zip(names, map(list, columns), strict=True))), path)
    else:
        name, content = {**FILES, **MORE}[form]
        path = write(name, content)
    settings = msgspec.convert({"path": str(path), "format": form}, DataSettings)
    dataset = load(settings)
    save(dataset, tmp_path / "kept")
    known = read_vocabulary(tmp_path / "kept")
    assert known[0] == ""
    assert sorted(known[1:]) == ["29", "31", "7", "8"]
    assert known == dataset.vocabulary
    assert [known[one] for one in dataset.test.histories[0]] == ["29", "31"]


@pytest.mark.parametrize("form", FILES)
@pytest.mark.parametrize("by", ["look", "name", "folder", "crlf", "odd name"])
def test_every_format_is_seen_by_looking(form: str, by: str, write: Callable[..., Path]) -> None:
    name, content = FILES[form]
    path = write(
        "odd" if by == "odd name" else name, content.replace("\n", "\r\n" if by == "crlf" else "\n")
    )
    place = path.parent if by == "folder" else path
    settings = msgspec.convert(
        {"path": str(place), "format": form if by == "name" else "auto"}, DataSettings
    )
    dataset = load(settings)
    assert dataset.summary.format == form
    # User 1 in the order of time; user 2's tie at 50 in the order of the file.
    assert [dataset.vocabulary[one] for one in dataset.test.histories[0]] == ["29", "31"]
    assert [dataset.vocabulary[one] for one in dataset.test.histories[1]] == ["7", "31"]


def test_the_checksum_does_not_depend_on_the_format(write: Callable[..., Path]) -> None:
    checksums = {
        load(DataSettings(path=str(write(name, content)))).summary.checksum
        for name, content in FILES.values()
    }
    assert len(checksums) == 1


def test_user_item_lines_are_in_the_order_of_time(write: Callable[..., Path]) -> None:
    path = write("ml-1m.txt", "1 9\n1 8\n2 8\n1 7\n2 9\n2 7\n3 9\n3 8\n")
    dataset = load(DataSettings(path=str(path)))
    assert dataset.summary.format == "user-item"
    assert [dataset.vocabulary[one] for one in dataset.test.histories[0]] == ["9", "8"]
    assert "time_first" not in dataset.summary.details


def test_user_item_words_need_the_format_s_name(write: Callable[..., Path]) -> None:
    path = write("log.txt", "ann a\nann b\nann c\nbob b\n")
    assert load(DataSettings(path=str(path), format="user-item")).summary.users == 2


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("packed", [False, True])
def test_csv_separators_packing_quotes_and_marks(
    separator: str, packed: bool, write: Callable[..., Path]
) -> None:
    rows = ["\ufeffuser_id|track_id|ts", 'ann|"a|1"|1', "ann|b|2", "", "ann|c|3", "bob|b|1"]
    content = "\n".join(rows).replace("|", separator).encode()
    path = write(
        "log.csv.gz" if packed else "log.csv", gzip.compress(content) if packed else content
    )
    dataset = load(DataSettings(path=str(path)))
    assert dataset.summary.details["rows"] == 4
    assert f"a{separator}1" in dataset.vocabulary


def test_named_columns_beat_usual_names(write: Callable[..., Path]) -> None:
    path = write(
        "log.csv", "user,item,time,shop\n" + "".join(f"u{n % 2},x,{n},s{n}\n" for n in range(8))
    )
    dataset = load(DataSettings(path=str(path), item_column="shop"))
    assert dataset.summary.items == 8


def test_no_time_column_means_lines_are_in_order(write: Callable[..., Path]) -> None:
    path = write("log.csv", "user,item\nann,b\nann,a\nann,c\nbob,a\nbob,b\n")
    dataset = load(DataSettings(path=str(path), time_column="none"))
    assert [dataset.vocabulary[one] for one in dataset.test.histories[0]] == ["b", "a"]


@pytest.mark.parametrize(
    ("texts", "first"),
    [
        (["3", "1", "2"], ""),
        (["1700000000.5", "1.7e9", "1700000000.25"], "2023-11-14T22:13:20Z"),
        (["1700000000000", "1699999999999", "1700000000001"], "2023-11-14T22:13:19.999Z"),
        (["1700000000000000001", "1700000000000000000", "1700000000000000002"],
         "2023-11-14T22:13:20Z"),
        (["2024-01-03", "2024-01-01", "2024-01-02"], "2024-01-01T00:00:00Z"),
        (["2024-01-01 12:00:01 UTC", "2024-01-01 12:00:00 UTC", "2024-01-01 13:00:00 UTC"],
         "2024-01-01T12:00:00Z"),
        (["2024-01-01T12:00:00Z", "2024-01-01T12:00:00+01:00", "2024-01-01T12:00:01"],
         "2024-01-01T11:00:00Z"),
    ],
)  # fmt: skip
def test_times(texts: list[str], first: str, write: Callable[..., Path]) -> None:
    rows = "".join(f"ann,{item},{text}\n" for item, text in zip("xyz", texts, strict=True))
    path = write("log.csv", f"user,item,time\n{rows}bob,x,{texts[0]}\nbob,y,{texts[1]}\n")
    dataset = load(DataSettings(path=str(path)))
    assert dataset.vocabulary[dataset.test.histories[0][0]] == "y"
    if first:
        assert dataset.summary.details["time_first"] == first


@pytest.mark.parametrize("kind", ["int", "float", "timestamp", "date", "text"])
def test_parquet(kind: str, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    days = np.datetime64("2024-01-01") + np.array([1, 0, 2, 0, 1])
    times = {
        "int": pa.array([2, 1, 3, 1, 2]),
        "float": pa.array([2.5, 1.5, 3.5, 1.5, 2.5]),
        "timestamp": pa.array(days.astype("datetime64[ms]")),
        "date": pa.array(days),
        "text": pa.array(days.astype(str).tolist()),
    }[kind]
    users, items = [*["ann"] * 3, *["bob"] * 2], [10, 20, 30, 20, 10]
    table = pa.table({"user": users, "extra": [0] * 5, "item": items, "when": times})
    parquet.write_table(table, tmp_path / "part-0.parquet")
    settings = DataSettings(path=str(tmp_path), time_column="when", duplicates="drop")
    one = load(settings)
    assert [one.vocabulary[item] for item in one.test.histories[0]] == ["20", "10"]
    before = fingerprint(settings)
    parquet.write_table(table.slice(4), tmp_path / "part-1.parquet")
    assert load(settings).summary.details["dropped_duplicate_rows"] == 1
    assert fingerprint(settings) != before


def test_parquet_without_pyarrow(
    write: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write("log.parquet", b"PAR1 and more")
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match="pip install pyarrow"):
        load(DataSettings(path=str(path)))


def test_the_fingerprint_is_of_bytes_not_of_places(write: Callable[..., Path]) -> None:
    here = DataSettings(path=str(write("a/log.csv", CSV)))
    there = DataSettings(path=str(write("b/other.csv", CSV)))
    changed = DataSettings(path=str(write("c/log.csv", CSV + "9,9,9,9\n")))
    assert fingerprint(here) == fingerprint(there)
    assert fingerprint(here) != fingerprint(changed)
    folder = msgspec.structs.replace(here, path=str(Path(here.path).parent))
    assert fingerprint(folder) == fingerprint(here)
