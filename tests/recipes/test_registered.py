"""What is registered is checked when it is loaded: a word that cannot be had is an error."""

from importlib.metadata import EntryPoint

import pytest

from rbench import installed
from rbench.cells.recipe import Recipe
from rbench.errors import PluginError
from rbench.recipes import registered
from rbench.recipes.registered import COMPRESSIONS, SCHEMES

OURS = {
    SCHEMES: installed.entries(SCHEMES),
    COMPRESSIONS: installed.entries(COMPRESSIONS),
}
SOURCE = """
import dataclasses
from rbench.compressions.clustering import CLUSTER16
from rbench.schemes.float16 import SCHEME

MINE = dataclasses.replace(SCHEME, name="mine", place=1000)
UNROLLED = dataclasses.replace(SCHEME, name="unrolled")
TWO_WORDS = dataclasses.replace(SCHEME, name="two words")
ROUNDED = dataclasses.replace(CLUSTER16, word="rounded", step=15)
AS_SCHEME = dataclasses.replace(CLUSTER16, word="float16")
"""


@pytest.fixture
def register(monkeypatch, tmp_path):
    """Registers more entry points of a group beside ours."""
    (tmp_path / "their_words.py").write_text(SOURCE)
    (tmp_path / "their_broken.py").write_text("1 / 0\n")
    (tmp_path / "their_leaving.py").write_text("raise SystemExit(3)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registered, "schemes", registered.schemes.__wrapped__)
    monkeypatch.setattr(registered, "compressions", registered.compressions.__wrapped__)

    def more(group, **values):
        found = {
            **OURS[group],
            **{name: EntryPoint(name, value, group) for name, value in values.items()},
        }
        known = {**OURS, group: found}
        monkeypatch.setattr(installed, "entries", lambda asked: known[asked])

    return more


def test_ours_come_in_through_the_entry_points():
    assert list(registered.schemes()) == [
        *("float32", "float16", "dynamic_wi8", "weight_only_wi8"),
        *("static_wi8_ai8", "static_wi8_ai16", "dynamic_wi4", "weight_only_wi4", "dynamic_wi2"),
    ]
    assert list(registered.compressions()) == ["prune50", "prune80", "prune2x4", "cluster16", "qat"]


def test_a_stranger_stands_behind_ours_and_in_its_step(register):
    register(SCHEMES, mine="their_words:MINE")
    assert list(registered.schemes())[-1] == "mine"
    register(COMPRESSIONS, rounded="their_words:ROUNDED")
    assert list(registered.compressions())[-2:] == ["rounded", "qat"]


@pytest.mark.parametrize(
    ("name", "value", "cause"),
    [
        ("mine", "their_broken:MINE", "cannot be loaded from their_broken:MINE"),
        ("mine", "their_leaving:MINE", "SystemExit (it asks to leave): 3"),
        ("mine", "their_missing:MINE", "ModuleNotFoundError"),
        ("mine", "their_words:ABSENT", "AttributeError"),
        ("mine", "their_words:dataclasses", "is no Scheme but module"),
        ("mine", "rbench.recipes.scheme:Scheme", "is no Scheme but ABCMeta"),
        ("mine", "their_words:ROUNDED", "is no Scheme but Cluster"),
        ("other", "their_words:MINE", "calls itself 'mine'"),
        ("unrolled", "their_words:UNROLLED", "is no word"),
        ("two words", "their_words:TWO_WORDS", "is no word"),
    ],
)
def test_a_scheme_that_is_not_sound_is_refused(register, name, value, cause):
    register(SCHEMES, **{name: value})
    with pytest.raises(PluginError) as caught:
        registered.schemes()
    assert cause in str(caught.value)
    assert repr(name) in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_compression_cannot_take_a_schemes_name(register):
    register(COMPRESSIONS, float16="their_words:AS_SCHEME")
    with pytest.raises(PluginError, match="there is a scheme of that name"):
        registered.compressions()


def test_metadata_without_any_scheme_is_said(register, monkeypatch):
    monkeypatch.setattr(installed, "entries", lambda group: {})
    with pytest.raises(PluginError, match="install rbench again"):
        registered.schemes()


def test_two_packages_with_one_name_are_told_apart(monkeypatch):
    points = [EntryPoint("mine", f"package_{n}:MINE", SCHEMES) for n in (1, 2)]
    monkeypatch.setattr(installed, "entry_points", lambda group: points)
    with pytest.raises(PluginError, match="'mine' is there twice: package_1:MINE"):
        installed.entries.__wrapped__(SCHEMES)


def test_every_scheme_that_is_quantized_meets_qat_or_says_why():
    for scheme in registered.schemes().values():
        qat = registered.compressions()["qat"]
        said = scheme.refuses.get("qat", "") or qat.objection(scheme, ())
        assert bool(said) == (scheme.grid is None)


def test_a_grid_that_training_does_not_know_is_refused_and_no_other_is_taken():
    """``qat+dynamic_wi2`` would train at 8 bits in silence, once."""
    import dataclasses

    from rbench.recipes.scheme import Grid
    from rbench.schemes.packed import DYNAMIC_WI4

    qat = registered.compressions()["qat"]
    for grid, met in ((Grid(2), True), (Grid(1), False), (Grid(9), False), (Grid(8, 16), False)):
        scheme = dataclasses.replace(DYNAMIC_WI4, name="odd", grid=grid)
        assert bool(qat.objection(scheme, ())) != met
        recipe = Recipe(scheme=scheme, compressions=(qat,))
        assert [given.grid for _, given in recipe.fine_tunings()] == [grid]
        assert recipe.compression == f"qat:{grid}"
