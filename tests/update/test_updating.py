"""From a run to an updated one: what is in it, what travels, what is refused."""

import hashlib
import json
import shutil

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

pytest.importorskip("ai_edge_litert", reason="running a .tflite needs rbench[profile]")

from rbench.cli.update import command
from rbench.data import DataSettings, ItemColumn, ItemsSettings
from rbench.errors import OutputError, RbenchError, StageError, UsageError
from rbench.gate.budget import parse_budget
from rbench.gate.judge import judge
from rbench.records import Items
from rbench.records.caveats import notes_of
from rbench.records.run_folder import read_items, read_run, write_info, write_items, write_records
from rbench.ship import ship
from rbench.testing.answering import answering_run
from rbench.update import update
from rbench.update.patches import bsdiff_bytes, zstd_patch, zstd_patched
from rbench.update.recent import first_contexts


@pytest.fixture(scope="module")
def kept(file, dataset, tmp_path_factory):
    """A run of one finished file, and a table of its items."""
    folder = tmp_path_factory.mktemp("kept") / "run"
    run = answering_run(folder, recipes=("dynamic_wi8",))
    table = folder.parent / "items.csv"
    lines = [f"{name},{'a' if place % 2 else 'b'}" for place, name in enumerate(dataset.vocabulary)]
    table.write_text("item_id,kind\n" + "\n".join(lines[1:]))
    content = file("dynamic_wi8").read_bytes()
    records = []
    for record in run.records:
        model = record.model
        if model is not None:
            (folder / model.path).write_bytes(content)
            model = msgspec.structs.replace(
                model, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content)
            )
        records.append(msgspec.structs.replace(record, model=model))
    write_records(folder / "records.jsonl", records)
    write_items(folder, Items(data=records[0].data, items=dataset.vocabulary))
    items = ItemsSettings(path=str(table), columns=(ItemColumn(column="kind"),))
    settings = {
        **run.info.settings,
        "items": msgspec.to_builtins(items),
        "data": msgspec.to_builtins(DataSettings()),
    }
    write_info(folder / "run.json", msgspec.structs.replace(run.info, settings=settings))
    return folder


@pytest.fixture
def run(kept, tmp_path):
    shutil.copytree(kept, tmp_path / "run")
    return read_run(tmp_path / "run")


def write(path, text):
    path.write_text(text)
    return path


NEW = "item_id,kind\nnew-1,a\nnew-2,b\nitem-1,a\nnew-3,\n"


def log(vocabulary):
    """Two users, who touch new-1 behind what they had before."""
    rows = [
        (user, item, day)
        for user in ("u", "v")
        for day, item in enumerate([*vocabulary[1:6], "new-1", vocabulary[7]])
    ]
    return "user,item,time\n" + "".join(f"{u},{i},{86400 * (day + 1)}\n" for u, i, day in rows)


@pytest.mark.slow
def test_an_update_is_a_run_with_its_patch_and_its_bundle(run, dataset, tmp_path):
    items = write(tmp_path / "new.csv", NEW)
    recent = write(tmp_path / "recent.csv", log(dataset.vocabulary))
    gone = write(tmp_path / "gone.txt", f"{dataset.vocabulary[3]}\n\n{dataset.vocabulary[5]}\n")
    words = ["--items", items, "--log", recent, "--retire", gone, "--to", tmp_path / "updated"]
    done = CliRunner().invoke(command, [str(run.folder), *map(str, words)])
    assert done.exit_code == 0, done.output
    found = read_run(tmp_path / "updated")
    facts = found.info.details["update"]
    assert (facts["new_items"], facts["retired_items"]) == (3, 2)
    assert (facts["with_features"], facts["with_interactions"]) == (2, 1)
    assert f"update_bytes {facts['update_bytes']:,}" in done.output
    model = found.records[0].model
    assert model.census["update"] == facts
    old = (run.folder / run.records[0].model.path).read_bytes()
    new = (found.folder / model.path).read_bytes()
    patch = (found.folder / "update.zst").read_bytes()
    assert zstd_patched(old, patch) == new
    assert len(patch) == facts["update_bytes"] < len(new) / 4
    names = read_items(found.folder).items
    assert names == (*dataset.vocabulary, "new-1", "new-2", "new-3")
    assert {record.data for record in found.records} == {read_items(found.folder).data}

    bundle = found.folder / "bundle"
    assert (bundle / "model.tflite").read_bytes() == new
    assert json.loads((bundle / "items.json").read_text())["items"][-1] == "new-3"
    golden = json.loads((bundle / "golden.json").read_text())
    answered = {item for case in golden["cases"] for item in case["items"]}
    assert not answered & {3, 5}
    contract = json.loads((bundle / "contract.json").read_text())
    assert contract["catalogue"] == {"items": len(names) - 1, "recommendable": len(names) - 3}
    assert ship(found, tmp_path / "again").contract.model.sha256 == model.sha256

    assert any("3 new items, 2 retired" in note for note in notes_of(found))
    size = facts["update_bytes"]
    kept = judge(parse_budget(f"update_bytes = {size}"), found)
    assert kept.exit_code == 0
    broken = judge(parse_budget(f"update_bytes = {size - 1}"), found)
    assert broken.exit_code == 1
    assert judge(parse_budget("update_bytes = 1"), run).exit_code == 1

    again = update(found, tmp_path / "third", retire=[dataset.vocabulary[9]])
    assert again.facts["closed_items"] == 3
    assert again.facts["new_items"] == 0


@pytest.mark.parametrize(
    ("items", "recent", "retire", "says"),
    [
        (None, None, (), "nothing to update"),
        (None, "user,item\n", ("item-1",), "--log is of new items"),
        ("item_id,kind\nitem-1,a\n", None, (), "is new: the model knows all of them"),
        ("", None, (), "empty"),
        ("id,kind\n", None, (), "none of its 0 items is new"),
        ("item_id,colour\nnew-1,a\n", None, (), "no column 'kind'"),
        (NEW, "user,item,time\nu,strange,1\nv,new-1,2\n", (), "none of the items that the model"),
        (NEW, "", (), "empty"),
        (None, None, ("unheard-of",), "1 items to retire that the model does not know"),
        (None, None, "ALL", "every item would be retired"),
    ],
)
def test_what_cannot_be_leaves_nothing(items, recent, retire, says, run, dataset, tmp_path):
    given = {
        "items": write(tmp_path / "new.csv", items) if items is not None else None,
        "log": write(tmp_path / "log.csv", recent) if recent is not None else None,
        "retire": dataset.vocabulary[1:] if retire == "ALL" else retire,
    }
    with pytest.raises(RbenchError) as caught:
        update(run, tmp_path / "updated", **given)
    assert says in str(caught.value)
    assert caught.value.exit_code == 2
    assert not (tmp_path / "updated").exists()


def test_one_user_s_three_interactions_are_a_log(dataset, tmp_path):
    rows = f"u,{dataset.vocabulary[1]},1\nu,{dataset.vocabulary[2]},2\nu,new-1,3\n"
    path = write(tmp_path / "log.csv", f"user,item,time\n{rows}")
    names = {name: place for place, name in enumerate(dataset.vocabulary) if place}
    (found,) = first_contexts(path, DataSettings(), names, {"new-1": 0}, 4)
    assert found.tolist() == [[0, 0, 1, 2]]
    (cut,) = first_contexts(path, DataSettings(), names, {"new-1": 0}, 1)
    assert cut.tolist() == [[2]]


def test_a_bundle_that_cannot_be_made_leaves_nothing(run, tmp_path, monkeypatch):
    def fails(*_):
        raise StageError("a score is no finite number")

    monkeypatch.setattr("rbench.update.updating.ship", fails)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(StageError):
        update(run, tmp_path / "updated", retire=[read_items(run.folder).items[4]])
    assert sorted(tmp_path.iterdir()) == before


def test_a_cell_that_is_not_there_and_a_place_that_is_taken(run, tmp_path):
    with pytest.raises(UsageError, match="no cell 'gru/float32'"):
        update(run, tmp_path / "updated", "gru/float32", retire=["item-1"])
    (tmp_path / "full").mkdir()
    write(tmp_path / "full" / "mine.txt", "mine")
    with pytest.raises(OutputError, match="not empty"):
        update(run, tmp_path / "full", retire=["item-1"])


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\xff", b"\n\n"])
def test_a_list_of_retired_items_that_is_none(content, run, tmp_path):
    (tmp_path / "gone.txt").write_bytes(content)
    words = ["--retire", tmp_path / "gone.txt", "--to", tmp_path / "updated"]
    done = CliRunner().invoke(command, [str(run.folder), *map(str, words)])
    assert isinstance(done.exception, RbenchError)
    assert "gone.txt" in str(done.exception)


def test_a_patch_is_what_changed():
    old = np.random.default_rng(1).integers(0, 256, 20_000).astype(np.uint8).tobytes()
    new = old[:9000] + b"between" * 3 + old[9000:]
    patch = zstd_patch(old, new)
    assert len(patch) < 100
    assert zstd_patched(old, patch) == new
    assert bsdiff_bytes(old, new) is None or bsdiff_bytes(old, new) < 1000
