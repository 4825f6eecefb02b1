"""What a table says of the items, from many forms of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.data import DataSettings, ItemColumn, ItemsSettings, load, open_dataset, save
from rbench.data.item_features import item_features
from rbench.errors import DataError

GENRES = ItemColumn(column="genres", kind="multi_hot")
YEAR = ItemColumn(column="title", kind="year")
FILMS = """movieId,title,genres
1,Alien (1979),Horror|SciFi
2,"2001: A Space Odyssey (1968)",SciFi
3,Mad Max (1979),Action
4,No Year,Action|Horror
"""


def read(path, *columns, items=("1", "2", "3", "4"), **options):
    return item_features(ItemsSettings(path=str(path), columns=columns, **options), items)


def test_values_that_items_share_with_weights_that_add_up_to_one(write):
    found = read(write("movies.csv", FILMS), GENRES, YEAR)
    assert found.features.names == (
        "genres:multi_hot=Action",
        "genres:multi_hot=Horror",
        "genres:multi_hot=SciFi",
        "title:year=1970s",
        "title:year=1979",
    )
    assert found.features.matrix().tolist() == [
        [0, 0.5, 0.5, 0.5, 0.5],
        [0, 0, 1, 0, 0],
        [1, 0, 0, 0.5, 0.5],
        [0.5, 0.5, 0, 0, 0],
    ]
    assert [(one["values"], one["coverage"]) for one in found.columns] == [(3, 1.0), (2, 0.5)]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("name", "content", "column"),
    [
        ("movies.dat", "1::Alien (1979)::a|b\n2::2001 (1968)::b\n", GENRES),
        ("items.tsv", "id\tgenres\n1\ta|b\n2\tb\n", GENRES),
        (
            "items.jsonl",
            '{"id": 1, "genres": "a|b"}\n{"id": 2, "genres": "b"}\n',
            GENRES,
        ),
        (
            "lists.jsonl",
            '{"id": 1, "genres": ["a", "b"]}\n{"id": 2, "genres": ["b"]}\n',
            ItemColumn(column="genres", kind="multi_hot", separator=","),
        ),
        ("floats.csv", "id,genres\n1.0,a|b\n2.0,b\n", GENRES),
    ],
)
def test_forms_of_a_table(name, content, column, write):
    found = read(write(name, content), column, items=("1", "2"))
    assert found.features.names == ("genres:multi_hot=b",)
    assert found.features.matrix().tolist() == [[1.0], [1.0]]


def test_parquet(tmp_path):
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = pa.table({"id": [1, 2], "genres": [["Horror", "SciFi"], ["SciFi"]], "made": [None, 5]})
    parquet.write_table(table, tmp_path / "items.parquet")
    column = ItemColumn(column="genres", kind="multi_hot", separator=",")
    found = read(tmp_path / "items.parquet", column, items=("1", "2"))
    assert found.features.names == ("genres:multi_hot=SciFi",)
    (tmp_path / "torn.parquet").write_bytes((tmp_path / "items.parquet").read_bytes()[:99])
    with pytest.raises(DataError, match="no Parquet that can be read"):
        read(tmp_path / "torn.parquet", column)


def test_what_is_missing_is_said(write):
    path = write("movies.csv", FILMS + "3,Again (1979),SciFi\nshort\n")
    found = read(path, GENRES, items=("3", "4", "9"))
    assert found.features.matrix().tolist() == [[1.0], [1.0], [0.0]]
    assert found.notes == (
        "1 of 3 items have no line in movies.csv",
        "1 lines of movies.csv are of an item that had one before",
        "1 lines of movies.csv are too short",
    )


def test_words_are_hashed(write):
    column = ItemColumn(column="title", kind="words", buckets=1 << 20)
    found = read(write("movies.csv", FILMS.replace("Mad Max", "Alien Max")), column)
    assert len(found.features.names) == 1
    assert found.features.matrix().tolist() == [[1.0], [0.0], [1.0], [0.0]]


def test_known_values_and_no_others(write):
    """As for items that come later."""
    settings = ItemsSettings(path=str(write("movies.csv", FILMS)), columns=(GENRES,))
    names = ("genres:multi_hot=Horror", "genres:multi_hot=Western")
    found = item_features(settings, ("1", "3"), names)
    assert found.features.names == names
    assert found.features.matrix().tolist() == [[1.0, 0.0], [0.0, 0.0]]


@given(st.lists(st.text(max_size=20), min_size=1, max_size=20))
def test_any_text_gives_weights_of_at_most_one(tmp_path_factory, texts):
    import json

    path = tmp_path_factory.mktemp("t") / "items.jsonl"
    lines = [json.dumps({"id": f"i{n}", "text": text}) for n, text in enumerate(texts)]
    path.write_text("\n".join(lines))
    columns = (
        ItemColumn(column="text", kind="words", buckets=4),
        ItemColumn(column="text", kind="category"),
    )
    items = [f"i{n}" for n in range(len(texts))]
    settings = ItemsSettings(path=str(path), columns=columns)
    names = tuple(f"text:words={n}" for n in range(4))
    found = item_features(settings, items, names)
    sums = found.features.matrix().sum(axis=1)
    assert ((np.abs(sums) < 1e-6) | (np.abs(sums - 1) < 1e-6)).all()


def test_a_dataset_keeps_them(small, write, tmp_path):
    path = write("items.csv", "item,kind\na,x\nb,x\nc,y\nd,y\n")
    items = ItemsSettings(path=str(path), columns=(ItemColumn(column="kind"),))
    made = load(DataSettings(path=str(small)), (), items)
    save(made, tmp_path / "kept")
    found = open_dataset(tmp_path / "kept").item_features
    assert found.names == ("kind:category=x",)  # of y, training has seen c alone
    assert np.array_equal(found.matrix(), made.item_features.matrix())
    assert made.summary.details["item_features"] == {
        "kind (category)": {"values": 1, "coverage": 0.6667}
    }
    assert load(DataSettings(path=str(small))).item_features is None
    assert made.summary.checksum == load(DataSettings(path=str(small))).summary.checksum
