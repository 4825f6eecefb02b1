import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.errors import DataError, RecordError
from rbench.records import Items
from rbench.records.run_folder import read_items, write_items
from rbench.ship import Titles
from rbench.ship.names import names_of


def titles(tmp_path, text, *columns, **options):
    path = tmp_path / "titles.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Titles(path, columns, **options)


def test_the_log_s_own_ids(made):
    found = names_of(made, made.records[0], None)
    assert found.items.items[:3] == ("", "item-1", "item-2")
    assert found.items.columns == {}


@pytest.mark.parametrize(
    ("text", "columns", "options"),
    [
        ("item_id,title\nitem-2,Two\n", (), {}),
        ("item_id\ttitle\nitem-2\tTwo\n", (), {}),
        ("title;sku\nTwo;item-2\n", (), {}),
        ("\ufefftitle|id\nTwo|item-2\n", (), {}),
        ("a,b\nitem-2,Two\n", ("b",), {}),
        ("b,a\nTwo,item-2\n", ("b",), {"id_column": "a"}),
        ('item_id,title\nitem-2,"  Two\n"\n', (), {}),
        ("item_id,title\nitem-2,Two\nitem-2,Another\n", (), {}),
        ("item_id,title\n\nshort\nitem-2,Two\n", (), {}),
        ('{"item_id": "item-2", "title": "Two"}\n\n{"item_id": "item-9"}\n', (), {}),
        ('{"name": ["Two"], "id": "item-2", "year": 1999}\n', (), {}),
        ("item_id::title\nitem-2::Two\n", (), {}),
        ("item_id,title\nitem-2,Two\n".encode("utf-16"), (), {}),
        ("\n\n  \nitem_id,title\nitem-2,Two\n", (), {}),
        ("# of our shop, June\n\n#\nitem_id,title\nitem-2,Two\n", (), {}),
        ("#item_id,title\nitem-2,Two\n", (), {}),
    ],
)
def test_tables_of_many_shapes(made, tmp_path, text, columns, options):
    found = names_of(made, made.records[0], titles(tmp_path, text, *columns, **options))
    (column,) = found.items.columns.values()
    assert len(column) == len(found.items.items) == 501
    assert column[2] == "Two"
    assert set(column) == {"", "Two"}


def test_several_columns_in_the_order_asked_for(made, tmp_path):
    text = "item_id,title,genres\nitem-1,One,Drama\n"
    found = names_of(made, made.records[0], titles(tmp_path, text, "genres", "title"))
    assert {name: column[1] for name, column in found.items.columns.items()} == {
        "genres": "Drama",
        "title": "One",
    }


def test_numbers_written_as_floats(run, tmp_path):
    write_items(run.folder, Items(data=run.records[0].data, items=("", "17", "18")))
    found = names_of(run, run.records[0], titles(tmp_path, "id,title\n17.0,Seventeen\n"))
    assert found.items.columns["title"] == ("", "Seventeen", "")


@pytest.mark.parametrize(
    ("text", "columns", "options", "said"),
    [
        ("", (), {}, "is empty"),
        ("item_id,year\nitem-1,1999\n", (), {}, "no column is called title or name.*year"),
        ("item_id,title\nitem-1,x\n", ("genre",), {}, "no column 'genre'.*item_id, title"),
        ("item_id,title\nitem-1,x\n", (), {"id_column": "x"}, "no column 'x'"),
        ("item_id,title\n900,x\n", (), {}, "none of the log's items.*'900'.*'item-1'"),
        ('{"id": "item-1"}\n[1]\n', (), {}, "titles.csv, line 2: no JSON object"),
        ('{"id": "item-1"\n', (), {}, "titles.csv, line 1: no JSON: .*one object a line"),
        ("item_id,title\nitem-1,é\nitem-2,".encode() + b"\xff\n", (), {}, "UTF-8"),
    ],
)
def test_what_is_wrong_is_said(made, tmp_path, text, columns, options, said):
    with pytest.raises(DataError, match=said) as caught:
        names_of(made, made.records[0], titles(tmp_path, text, *columns, **options))
    assert "titles.csv" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "texts", "note"),
    [
        ('item-1,"One\nitem-2,Two\nitem-3,"Three"\n', ["One", "Two", "Three"], "row 2 "),
        ('item-1,One\nitem-2,"Two\n', ["One", "Two"], ""),
        ('item-1,"One" and a half\nitem-2,Two\n', ["One and a half", "Two"], ""),
        ('item-1,"One\nand a half"\nitem-2,Two\n', ["One and a half", "Two"], ""),
        ('item-1,"One ""and"" a half"\nitem-2,Two\n', ['One "and" a half', "Two"], ""),
    ],
)
def test_a_quote_that_nothing_closes_costs_no_other_line(made, tmp_path, text, texts, note):
    found = names_of(made, made.records[0], titles(tmp_path, "item_id,title\n" + text))
    got = [one for one in found.items.columns["title"] if one]
    assert got == texts
    assert any(note in one and "quotes" in one for one in found.notes) == bool(note)


def test_two_columns_of_one_name_are_said(made, tmp_path):
    text = "item_id,title,Title\nitem-1,One,Eins\n"
    found = names_of(made, made.records[0], titles(tmp_path, text))
    assert found.items.columns["title"][1] == "One"
    assert any("2 columns of titles.csv are called 'title': column 2" in one for one in found.notes)


@pytest.mark.parametrize(
    ("name", "text"),
    [("movies.dat", "{}::Amélie (2001)::Comedy\n"), ("u.item", "{}|Amélie (2001)|01-Jan-2001\n")],
)
def test_movielens_as_it_comes(made, tmp_path, name, text):
    """Latin-1, and without a header."""
    path = tmp_path / name
    path.write_bytes("".join(text.format(f"item-{n}") for n in range(1, 501)).encode("latin-1"))
    found = names_of(made, made.records[0], Titles(path))
    assert found.items.columns == {"title": ("", *["Amélie (2001)"] * 500)}
    assert found.notes == (f"{name} is not UTF-8, and was read as Latin-1",)


def test_a_table_that_is_not_there(made, tmp_path):
    with pytest.raises(DataError, match=r"titles.csv"):
        names_of(made, made.records[0], Titles(tmp_path / "titles.csv"))


def test_a_run_that_does_not_tell(run):
    (run.folder / "items.json").unlink()
    with pytest.raises(RecordError, match=r"no items.json.*run the same sweep again"):
        names_of(run, run.records[0], None)


def test_ids_that_were_swapped_since_the_sweep(run):
    path = run.folder / "items.json"
    path.write_text(path.read_text().replace('"item-1","item-2"', '"item-2","item-1"'))
    with pytest.raises(RecordError, match=r"not those that the sweep wrote.*run the same sweep"):
        names_of(run, run.records[0], None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": "another"}, "another split"),
        ({"items": ("a", "b")}, "index 0 is not padding"),
        ({"items": ("", "a", "a")}, "two indices have one name"),
    ],
)
def test_ids_of_something_else(run, change, said):
    write_items(run.folder, msgspec.structs.replace(read_items(run.folder), **change))
    with pytest.raises(RecordError, match=said):
        names_of(run, run.records[0], None)


@given(content=st.binary(max_size=200))
def test_any_bytes_are_a_table_or_refused(made, tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "titles.csv"
    path.write_bytes(content)
    try:
        found = names_of(made, made.records[0], Titles(path))
    except DataError:
        return
    assert all(len(column) == 501 for column in found.items.columns.values())
