"""Bad tables of items, before anything is done: what, where, what is allowed."""

import pytest

from rbench.data import load
from rbench.errors import RbenchError
from rbench.study import Study
from rbench.sweeping.plan import plan

SMALL = """
encoders = ["bow"]
recipes = ["float32"]
targets = ["cpu"]
[data.synthetic]
users = 5
items = 20
interactions_per_user = 4
"""
TABLE = "item_id,title,genres\n" + "".join(
    f"item-{n},Film {n} (19{n:02d}),{'a|b' if n % 2 else 'b'}\n" for n in range(1, 21)
)


def study(items: str, more: str = "") -> Study:
    return Study.parse(f"{SMALL}[items]\n{items}\n{more}")


@pytest.mark.parametrize(
    ("items", "more", "says"),
    [
        ('columns = [{ column = "a" }]', "", "missing required field `path`"),
        ('path = "TABLE"', "", "missing required field `columns`"),
        ('path = ""\ncolumns = [{ column = "a" }]', "", "path must not be empty"),
        ('path = "TABLE"\ncolumns = []', "", "columns must not be empty"),
        ('path = "TABLE"\ncolumns = [{ kind = "year" }]', "", "missing required field `column`"),
        (
            'path = "TABLE"\ncolumns = [{ column = "a", kind = "genre" }]',
            "",
            "Invalid enum value 'genre'",
        ),
        (
            'path = "TABLE"\ncolumns = [{ column = "a", separator = "," }]',
            "",
            "separator is of use with kind 'multi_hot'",
        ),
        (
            'path = "TABLE"\ncolumns = [{ column = "a", buckets = 3 }]',
            "",
            "buckets are of use with kind 'words'",
        ),
        (
            'path = "TABLE"\ncolumns = [{ column = "a", kind = "words", buckets = 1 }]',
            "",
            "from 2 to 1048576",
        ),
        ('path = "TABLE"\ncolumns = [{ column = "a" }, { column = "a" }]', "", "twice"),
        (
            'path = "TABLE"\ncolumns = [{ column = "a", sep = "|" }]',
            "",
            "unknown field `sep`",
        ),
        (
            'path = "gone.csv"\ncolumns = [{ column = "a" }]',
            "",
            "gone.csv",
        ),
        (
            'path = "TABLE"\ncolumns = [{ column = "genres" }]',
            "[encoder.bow]\nitems = 1",
            "items is 1 in [encoder.bow]",
        ),
    ],
)
def test_a_study_that_cannot_be(items, more, says, tmp_path):
    (tmp_path / "items.csv").write_text(TABLE)
    with pytest.raises(RbenchError) as caught:
        plan(study(items.replace("TABLE", str(tmp_path / "items.csv")), more), machine="here")
    assert says in str(caught.value)
    assert caught.value.exit_code == 2


def test_an_encoder_cannot_learn_with_a_table_that_is_not_there():
    with pytest.raises(RbenchError, match=r"the study has no table of them"):
        Study.parse(f"{SMALL}[encoder.bow]\nitems = true")


@pytest.mark.parametrize(
    ("content", "items", "says"),
    [
        (TABLE, '{ column = "genre" }', "no column 'genre'; allowed: item_id, title, genres"),
        (TABLE, '{ column = "title" }', "holds nothing that two items share"),
        (TABLE, '{ column = "genres", kind = "year" }', "holds no year for any of"),
        (TABLE.replace("item-", "film-"), '{ column = "genres" }', "holds none of the log's items"),
        ("", '{ column = "genres" }', "empty"),
        ("item_id,genres\n", '{ column = "genres" }', "holds none of the log's items"),
        ("{\n", '{ column = "genres" }', "no JSON"),
        ("PAR1", '{ column = "genres" }', "no Parquet that can be read"),
        (TABLE, '{ column = "genres" }]\nid_column = "id', "no column 'id'"),
    ],
)
def test_a_table_that_is_none(content, items, says, tmp_path):
    path = tmp_path / "items.csv"
    path.write_text(content)
    text = f'path = "{path}"\ncolumns = [{items}'
    made = study(text + ('"' if "id_column" in items else "]"))
    with pytest.raises(RbenchError) as caught:
        load(made.data, (), made.items)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_table_is_in_the_keys_of_what_it_changes(tmp_path):
    path = tmp_path / "items.csv"
    path.write_text(TABLE)
    text = f'path = "{path}"\ncolumns = [{{ column = "genres" }}]'
    plain, known, off = (
        plan(made, machine="here")
        for made in (
            Study.parse(SMALL),
            study(text),
            study(text, "[encoder.bow]\nitems = false"),
        )
    )
    assert known.data.key != plain.data.key == off.data.key
    assert [one.cells[0].pipelines[0].train.item_features for one in (plain, known, off)] == [
        False,
        True,
        False,
    ]
    path.write_text(TABLE.replace("a|b", "c|b"))
    assert plan(study(text), machine="here").data.key != known.data.key
