"""Names of studies and encoders: what can be no file's name is refused, the rest stays in place."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbench.errors import StudyError
from rbench.study import Study
from rbench.text import naming

BAD = [
    *("", " ", ".", "..", "../x", "x/../y", "/x", "x/", "x//y", "a\\b", "...", "x.", "x "),
    *("CON", "con", "nul.txt", "x/COM1", "LPT9"),
    *("a\0b", "a\x1b[31mb", "a\nb", "a\rb", "a\tb", "a\u202eb", "a\ud800b", "\x85"),
    *("x" * 101, "é" * 51, "x" * 10**6),
]


@pytest.mark.parametrize("name", BAD, ids=range(len(BAD)))
def test_what_can_be_no_name_is_refused_and_named(name):
    for document, key in (
        ({"name": name}, "name"),
        ({"encoders": [name], "encoder": {name: {"use": "bow"}}}, "the label of an encoder"),
        ({"encoders": [f"mine.py:{name}"]}, "the label of an encoder"),
    ):
        with pytest.raises(StudyError) as caught:
            Study.build(document, where="mine.toml")
        said = str(caught.value)
        assert said.startswith(f"mine.toml: {key}")
        assert said.isprintable()
        assert len(said) < 500


@pytest.mark.parametrize("name", ["mine", "Größe", "日本", "a b", "x.y", "contra", "b[/x]", "a:b"])
def test_others_are_names(name):
    study = Study.build({"name": name, "encoders": [name], "encoder": {name: {"use": "bow"}}})
    assert next(study.cells()).encoder == name


def test_a_file_without_a_class_says_so():
    with pytest.raises(StudyError, match=r"'../mine.py' names no class; .*file.py:Class"):
        Study.build({"encoders": ["../mine.py"]})


@given(st.text(max_size=40))
def test_a_file_stays_in_its_folder_under_a_name_of_its_own(name):
    try:
        naming.check("name", name)
    except ValueError:
        return
    called = naming.file_name(name)
    assert PurePosixPath(called).name == called
    assert not set(called) & set('/<>:"|?*\\')
    assert naming.file_name(name) != naming.file_name(f"{name}?")


def test_plain_names_are_kept():
    assert naming.file_name("gru_2") == "gru_2"
    assert naming.file_name("b[/x]").startswith("b[_x]-")
    assert naming.file_name("b/x") != naming.file_name("b_x")
    assert naming.file_name("b/x") != naming.file_name("b:x")
