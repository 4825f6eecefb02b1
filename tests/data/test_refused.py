"""A log that cannot be used is refused in one line: where, what, and what was expected."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from rbench.data import DataSettings, fingerprint, open_dataset
from rbench.errors import DataError

HEAD = "user,item,time\n"
ML = "userId,movieId,rating,timestamp\n"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"

CASES = {
    # what: (file, content, what the message must hold)
    "text where a time belongs": (
        "l.csv",
        HEAD + "a,b,1\na,c,noon\n",
        ["line 3", "'noon'", "a number"],
    ),
    "a date after numbers": ("l.csv", HEAD + "a,b,1\na,c,2024-01-01\n", ["line 3", "a number"]),
    "a number after dates": (
        "l.csv",
        HEAD + "a,b,2024-01-01\na,c,x\n",
        ["line 3", "'x'", "ISO 8601"],
    ),
    "neither number nor date": ("l.csv", HEAD + "a,b,noon\n", ["line 2", "'noon'", "ISO 8601"]),
    "time that is no number": ("l.csv", HEAD + "a,b,1\na,b,inf\n", ["line 3", "'inf'"]),
    "python's own numbers": ("l.csv", HEAD + "a,b,1\na,b,1_0\n", ["line 3", "'1_0'"]),
    "truncated line": ("l.csv", HEAD + "a,b,1\na,c", ["line 3", "2 values instead of 3"]),
    "too many values": ("l.csv", HEAD + "a,b,1\na,c,1,9\n", ["line 3", "4 values instead of 3"]),
    "empty user": ("l.csv", HEAD + "a,b,1\n,c,1\n", ["line 3", "'user' is empty"]),
    "blank item": ("l.csv", HEAD + 'a," ",1\n', ["line 2", "'item' is empty"]),
    "open quote": ("l.csv", HEAD + 'a,b,1\na,"c,1\n', ["line 3", "not CSV"]),
    "neither UTF-8 nor Latin-1": (
        "l.csv",
        (HEAD + "a,b\u00fc,1\n").encode() + b"a,\xe9,2\n",
        ["line 3", "0xe9", "UTF-8", "--encoding latin-1"],
    ),
    "no header": ("l.csv", "1,2,3\n4,5,6\n", ["line 1", "numbers, not names", "add a header line"]),
    "no known column": ("l.csv", "who,what,when\na,b,1\n", ["the user", "'who', 'what', 'when'"]),
    "no time column": ("l.csv", "user,item\na,b\n", ["the time", "time_column = 'none'"]),
    "header only": ("l.csv", HEAD, ["empty"]),
    "empty file": ("l.csv", "", ["empty"]),
    "blank file": ("l.csv", "\n\n \n", ["empty"]),
    "a picture": ("l.png", PNG, ["binary data", "ratings.dat", "Parquet"]),
    "prose": ("l.txt", "Once upon a time\n", ["without separators"]),
    "torn gzip": ("l.csv.gz", gzip.compress(HEAD.encode() * 99)[:40], ["gzip", "torn"]),
    "no gzip inside": ("l.csv.gz", b"\x1f\x8b\x07nothing at all", ["cannot read"]),
    "torn parquet": ("l.parquet", b"PAR1....PAR1", ["Parquet"]),
    "dat: text for an id": (
        "ratings.dat",
        "1::2::3::4\nx::2::3::4\n",
        ["line 2", "'x'", "a whole number"],
    ),
    "dat: text for a rating": ("ratings.dat", "1::2::good::4\n", ["line 1", "'good'", "a number"]),
    "dat: text for a time": ("ratings.dat", "1::2::3::now\n", ["line 1", "'now'", "a number"]),
    "dat: truncated": ("ratings.dat", "1::2::3::4\n1::2::3", ["line 2", "3 values instead of 4"]),
    "dat: bytes": ("ratings.dat", b"1::2::3::4\n\xff\xfe::2::3::4\n", ["line 2", "a whole number"]),
    "100k: truncated": ("u.data", "1\t2\t3\t4\n1\t2\n", ["line 2", "2 values instead of 4"]),
    "ml csv: text for an id": (
        "ratings.csv",
        ML + "1,42,3,4\n" * 60 + "1,tt42,3,4\n",
        ["line 62", "'tt42'", "a whole number", "--format csv"],
    ),
    "user-item: three words": (
        "l.txt",
        "1 2\n" * 60 + "1 3 4\n",
        ["line 61", "3 values instead of 2", "--format sequence"],
    ),
    "one user": ("l.csv", HEAD + "a,b,1\na,c,2\na,d,3\n", ["only one user"]),
    "one item": ("l.csv", HEAD + "a,b,1\nc,b,2\nd,b,3\n", ["only one item"]),
    "too short": (
        "l.csv",
        HEAD + "a,b,1\na,c,2\nb,b,3\n",
        ["too short", "more than 2", "3 and more"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(case: str, write: Callable[..., Path], refused: Callable[..., str]) -> None:
    name, content, expected = CASES[case]
    message = refused(write(name, content))
    for part in expected:
        assert part in message


def test_a_fault_far_down_is_found(write: Callable[..., Path], refused: Callable[..., str]) -> None:
    rows = [f"u{n % 7},i{n % 11},{n}" for n in range(70_000)]
    rows[68_000] = "u1,i1,late"
    assert "line 68002" in refused(write("l.csv", HEAD + "\n".join(rows)))


def test_wrong_column_lists_those_there(
    write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    path = write("l.csv", HEAD + "a,b,1\n")
    message = refused(path, item_column="movie")
    assert "no column 'movie'" in message
    assert "'user', 'item', 'time'" in message


def test_parquet_columns_and_holes(tmp_path: Path, refused: Callable[..., str]) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "log.parquet"
    parquet.write_table(pa.table({"user": ["a", None], "item": [1, 2], "time": ["1", "2"]}), path)
    assert "row 2" in refused(path)
    assert "'user', 'item', 'time'" in refused(path, user_column="who")
    parquet.write_table(pa.table({"user": ["a", ""], "item": [1, 2], "time": [1, 2]}), path)
    assert "row 2" in refused(path)
    parquet.write_table(pa.table({"user": ["a", "b"], "item": [1, 2], "time": ["1", "y"]}), path)
    assert "'y'" in refused(path)
    parquet.write_table(pa.table({"user": ["a", "b"], "item": [1, 2], "time": [[1], [2]]}), path)
    assert "list" in refused(path)
    parquet.write_table(
        pa.table({"user": ["a", "b"], "item": [1, 2], "time": [1.0, float("inf")]}), path
    )
    assert "inf" in refused(path)
    assert "ratings.dat" not in refused(path)


@pytest.mark.parametrize("form", ["csv", "parquet", "movielens-csv", "user-item"])
def test_a_format_by_name_that_it_is_not(
    form: str, write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    refused(write("l.png", PNG), format=form)


def test_movielens_csv_says_its_columns(
    write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    message = refused(write("l.csv", HEAD), format="movielens-csv")
    assert "userId,movieId,rating,timestamp" in message


def test_nothing_there(tmp_path: Path, refused: Callable[..., str]) -> None:
    missing = tmp_path / "nowhere"
    assert "no such file or folder" in refused(missing)
    assert "no log in this folder" in refused(tmp_path)
    (tmp_path / "a.csv").write_text(HEAD)
    (tmp_path / "b.csv").write_text(HEAD)
    assert "a.csv, b.csv" in refused(tmp_path)
    with pytest.raises(DataError, match="no such file"):
        fingerprint(DataSettings(path=str(missing)))
    with pytest.raises(DataError):
        fingerprint(DataSettings(path="a\0b"))


def test_core_that_leaves_nothing(small: Path, refused: Callable[..., str]) -> None:
    message = refused(small, min_interactions=9)
    assert "9-core" in message
    assert "lower min_interactions" in message


def test_temporal_split_of_a_log_without_times(
    write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    path = write("l.txt", "1 2\n1 3\n1 4\n2 2\n")
    assert "without times" in refused(path, split="global_temporal")


def test_temporal_split_of_one_moment(
    write: Callable[..., Path], refused: Callable[..., str]
) -> None:
    rows = "".join(f"u{n % 3},i{n},7\n" for n in range(30))
    assert "before the test point" in refused(write("l.csv", HEAD + rows), split="global_temporal")


@pytest.mark.parametrize(
    "settings", [{"min_interactions": 0}, {"temporal_quantile": 1.0}, {"temporal_quantile": 0.0}]
)
def test_settings_out_of_range(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be"):
        DataSettings(**settings)  # type: ignore[arg-type]


def test_a_torn_store_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        open_dataset(tmp_path)
    (tmp_path / "dataset.json").write_text("{")
    with pytest.raises(DataError):
        open_dataset(tmp_path)
