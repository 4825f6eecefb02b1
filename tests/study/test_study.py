"""Studies: read from TOML, refused with the offending key named, narrowed by the command line."""

from pathlib import Path

import msgspec
import pytest

from rbench.errors import DataError, RbenchError, RecipeError, StudyError, TargetError
from rbench.study import BUILTIN, Study, label_of, shipped


def test_the_built_in_study_is_forty_cells():
    cells = list(Study.read(BUILTIN).cells())
    assert len(cells) == len(set(map(str, cells))) == 40
    assert str(cells[0]) == "bow x float32 x cpu"
    assert str(cells[1]) == "bow x float32 x xnnpack"
    assert Study.read(BUILTIN) == Study()


@pytest.mark.parametrize("name", shipped())
def test_shipped_studies_are_read_by_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = Study.read(name)
    assert study.name == name
    assert list(study.cells())


def test_an_empty_study_is_the_built_in_one():
    assert Study.parse("") == Study()


def test_every_section_is_read():
    study = Study.parse(
        """
        name = "mine"
        encoders = ["gru", "wide"]
        recipes = ["unrolled+float32"]
        targets = ["xnnpack@2"]
        seeds = [1, 2]
        [data]
        path = "log.csv"
        [model]
        width = 32
        [train]
        epochs = 3
        [evaluate]
        bootstrap = 10
        [profile]
        rounds = 2
        [limits]
        size_bytes = 300000
        [encoder.wide]
        use = "gru"
        blocks = 2
        train = { learning_rate = 0.01 }
        """
    )
    assert [str(cell) for cell in study.cells()] == [
        "gru x unrolled+float32 x xnnpack@2",
        "wide x unrolled+float32 x xnnpack@2",
    ]
    assert study.plugin("gru") == ("gru", {})
    assert study.plugin("wide") == ("gru", {"blocks": 2})
    assert study.train_settings("gru").learning_rate == "auto"
    assert study.train_settings("wide").learning_rate == 0.01
    assert study.train_settings("wide").epochs == 3
    assert study.limits.size_bytes == 300_000


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("encoders = = 3", StudyError, ["no TOML", "line 1"]),
        ("encodres = ['gru']", StudyError, ["unknown field `encodres`", "encoders"]),
        ("encoders = 'gru'", StudyError, ["Expected `array`, got `str`", "encoders"]),
        ("encoders = []", StudyError, ["encoders must not be empty"]),
        ("encoders = ['gru', 'gru']", StudyError, ["encoders names 'gru' twice"]),
        ("encoders = ['a.py:Gru', 'b.py:Gru']", StudyError, ["share the label 'Gru'"]),
        ("recipes = ['int8']", RecipeError, ["recipe 'int8'"]),
        ("recipes = ['float32', 3]", StudyError, ["Expected `str`, got `int`", "recipes[1]"]),
        ("targets = ['tpu']", TargetError, ["unknown delegate 'tpu'"]),
        ("targets = ['cpu', 'litert/cpu@1']", StudyError, ["targets means 'cpu' twice"]),
        (
            f"encoders = {[f'e{n}' for n in range(101)]}\n"
            f"recipes = {['float32', 'float16']}\n"
            f"targets = {[f'cpu@{n}' for n in range(1, 51)]}",
            StudyError,
            ["10,100 cells (encoders x recipes x targets); allowed: 10,000"],
        ),
        ("seeds = []", StudyError, ["seeds must not be empty"]),
        ("[train]\nepoch = 3", StudyError, ["unknown field `epoch` in [train]", "epochs"]),
        ("[train]\nepochs = 'many'", StudyError, ["Expected `int`, got `str` at train.epochs"]),
        ("[train]\nepochs = 1.5", StudyError, ["at train.epochs"]),
        ("[model]\nwidth = 0", StudyError, ["width must be a whole number from 1", "model"]),
        ("[data]\nsplit = 'random'", StudyError, ["Invalid enum value 'random' at data.split"]),
        (
            "[data.synthetic]\nuser = 3",
            StudyError,
            ["unknown field `user` in [data.synthetic]", "users", "predictability"],
        ),
        ("[limits]\nsize = 3", StudyError, ["unknown field `size` in [limits]", "size_bytes"]),
        ("[personal]\nrates = 1", StudyError, ["unknown field `rates` in [personal]", "decay"]),
        ("[personal]\nrate = -1", StudyError, ["rate must be a number from 0.0 to 1,000.0"]),
        ("[personal]\ndecay = nan", StudyError, ["decay must be a number from 0.0 to 1.0"]),
        ("[personal]\nstate = 'file'", StudyError, ["Invalid enum value 'file' at personal.state"]),
        ("personal = true", StudyError, ["got `bool` at personal"]),
        ("data = 'log.csv'", StudyError, ["Expected `object`, got `str` at data"]),
        ("[encoder.gruu]\nblocks = 2", StudyError, ["options for 'gruu'", "gru"]),
        (
            "[encoder.gru]\ntrain = { epoch = 3 }",
            StudyError,
            ["`epoch`", "[encoder.gru.train]", "epochs"],
        ),
        ("[encoder.gru]\ntrain = 3", StudyError, ["[encoder.gru.train]"]),
        ("[encoder]\ngru = 3", StudyError, ["at encoder"]),
        ("[encoder.gru]\nuse = 3", StudyError, ["use is no name", "[encoder.gru]"]),
    ],
)
def test_the_offending_key_is_named(text, kind, words):
    with pytest.raises(kind) as caught:
        Study.parse(text, where="mine.toml")
    said = str(caught.value)
    assert "\n" not in said
    for word in words:
        assert word in said
    if kind is StudyError:
        assert said.startswith("mine.toml: ")


@pytest.mark.parametrize("source", ["none", "none.toml", ".", "__init__", "../studies/default"])
def test_a_study_that_is_not_there(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StudyError) as caught:
        Study.read(source)
    assert "no such study" in str(caught.value)
    assert (
        "default, full-matrix, movielens-1m, movielens-1m-grid, movielens-small"
        in caught.value.allowed
    )


def test_a_study_that_is_no_text(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(StudyError, match="cannot read"):
        Study.read(tmp_path / "mine.toml")


def test_narrowing_replaces_parts_of_the_grid():
    study = Study().narrowed(encoders=["gru", "gru"], targets=["cpu@2"], data="log.csv")
    assert study.encoders == ("gru",)
    assert study.targets == ("cpu@2",)
    assert study.recipes == Study().recipes
    assert study.data.path == "log.csv"
    assert Study().narrowed(seeds=[3, 1, 3]).seeds == (3, 1)
    assert Study().narrowed() == Study()


def test_narrowing_drops_the_options_of_encoders_left_out():
    study = Study.parse("[encoder.gru]\nblocks = 2\n[encoder.cnn]\nblocks = 3")
    narrowed = study.narrowed(encoders=["gru", "bow"])
    assert narrowed.plugin("gru") == ("gru", {"blocks": 2})
    assert set(narrowed.encoder) == {"gru"}
    assert set(study.narrowed(recipes=["float32"]).encoder) == {"gru", "cnn"}


@pytest.mark.parametrize(
    "changes", [{"recipes": ["int8"]}, {"targets": ["tpu"]}, {"encoders": ["a.py:G", "b.py:G"]}]
)
def test_narrowing_refuses_what_a_file_may_not_say(changes):
    with pytest.raises(RbenchError) as caught:
        Study().narrowed(**changes)
    assert not isinstance(caught.value, DataError)


def test_paths_beside_the_study_are_found_from_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "log.csv").write_text("")
    (tmp_path / "study" / "mine.py").write_text("")
    (tmp_path / "study" / "mine.toml").write_text(
        "encoders = ['mine.py:Mine', 'w']\n[data]\npath = 'log.csv'\n"
        "[encoder.w]\nuse = 'mine.py:Wide'"
    )
    monkeypatch.chdir(tmp_path)
    study = Study.read("study/mine.toml")
    assert study.data.path == "study/log.csv"
    assert study.encoders == ("study/mine.py:Mine", "w")
    assert study.plugin("w") == ("study/mine.py:Wide", {})
    (tmp_path / "log.csv").write_text("")
    assert Study.read("study/mine.toml").data.path == "log.csv"


def test_a_study_is_a_value():
    assert Study.build(msgspec.to_builtins(Study())) == Study()
    with pytest.raises(AttributeError):
        Study().name = "other"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("gru", "gru"),
        ("path/to/file.py:Mine", "Mine"),
        ("C:/file.py:Mine", "Mine"),
        ("odd:name", "odd:name"),
    ],
)
def test_labels(name, label):
    assert label_of(name) == label


def test_every_key_is_described():
    page = (Path(__file__).parents[2] / "docs/file-formats.md").read_text("utf-8")
    sections = {
        key: value
        for key in Study.__struct_fields__
        if isinstance(value := getattr(Study(), key), msgspec.Struct)
    }
    for key in Study.__struct_fields__:
        assert f"`{key}`" in page or f"`[{key}" in page, key
    for name, section in sections.items():
        text = page.partition(f"| `[{name}]` |")[2].partition("\n\n")[0]
        for key in section.__struct_fields__:
            assert f"`{key}`" in text, f"{name}.{key}"
            value = getattr(section, key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                assert any(f"{shown}" in text for shown in (value, f"{value:,}")), f"{name}.{key}"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name=" + "[" * 100_000, "nested too deeply"),
        ("name=" + "{a=" * 50_000, "nested too deeply"),
        ("a" + ".a" * 50_000 + " = 1", "more than 1,000 dots"),
        ("[profile]\nrounds = " + "9" * 5000, "no TOML"),
        ("[profile]\nrounds = 0x" + "f" * 5000, "rounds must be a whole number from 1 to 1,000"),
        ("[profile]\nrounds = 9223372036854775808", "from 1 to 1,000, not 9223372036854775808"),
        ("[profile]\nrounds = 1e3", "Expected `int`"),
        ("[profile]\ntimeout_seconds = nan", "timeout_seconds must be a number from 0.0"),
        ("stall_seconds = inf", "stall_seconds must be a number from 1.0 to 604,800.0, not inf"),
    ],
    ids=range(9),
)
def test_hostile_toml_is_an_error_of_the_study(text, words, tmp_path):
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(StudyError) as caught:
        Study.read(tmp_path / "mine.toml")
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path / 'mine.toml'}: ")
    assert len(str(caught.value)) < 1000


def test_a_study_has_a_size(tmp_path):
    (tmp_path / "mine.toml").write_text("# " + "x" * (1 << 18))
    with pytest.raises(StudyError, match="too large for a study"):
        Study.read(tmp_path / "mine.toml")


@pytest.mark.parametrize("source", ["x" * 300, "x/" * 3000, "a\0b", ""])
def test_a_name_that_can_be_no_path(source):
    with pytest.raises(StudyError, match="no such study"):
        Study.read(source)
    assert Study.build({"data": {"path": "x" * 5000}})._resolved(Path("y" * 5000))
