import hashlib
import io
import itertools
import json
import random
import shutil
import zipfile
import zlib

import msgspec
import numpy as np
import pytest

from rbench.errors import OutputError
from rbench.records import Items
from rbench.records.run_folder import ITEMS, read_items, write_items
from rbench.ship import Titles, bundle, ship
from rbench.ship.answers import ModelRunner, padded
from rbench.ship.clients import client
from rbench.ship.documents import CLIENTS, Contract, Golden, ItemNames
from rbench.ship.single import with_archive
from rbench.testing import answering
from rbench.testing.answering import answering_run
from rbench.testing.damage import rewrite, seal

FILES = ["README.md", "SHA256SUMS", "contract.json", "golden.json", "items.json", "model.tflite"]


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_measured_file_and_all_that_belongs_to_it(made, shipped):
    assert sorted(path.name for path in shipped.to.iterdir()) == sorted([*FILES, *CLIENTS])
    (record, *_) = [one for one in made.records if one.cell.recipe == "dynamic_wi8"]
    assert sha256(shipped.to / "model.tflite") == record.model.sha256
    sums = dict(
        reversed(line.split("  ")) for line in (shipped.to / "SHA256SUMS").read_text().splitlines()
    )
    assert sums == {
        path.name: sha256(path) for path in shipped.to.iterdir() if path.name != "SHA256SUMS"
    }
    assert shipped.size_bytes == sum(path.stat().st_size for path in shipped.to.iterdir())
    assert shipped.size_bytes - record.model.size_bytes < 200_000


def test_the_contract_is_what_the_file_says(made, shipped):
    contract = msgspec.json.decode((shipped.to / "contract.json").read_bytes(), type=Contract)
    assert contract == shipped.contract
    assert (contract.signature, contract.k, contract.context.length) == ("recommend", 30, 6)
    assert [(one.name, one.dtype, one.shape) for one in contract.inputs] == [
        ("context", "int32", (1, 6))
    ]
    assert [(one.name, one.dtype, one.shape) for one in contract.outputs] == [
        ("items", "int32", (1, 30)),
        ("scores", "float32", (1, 30)),
    ]
    assert contract.catalogue.items == 500
    assert contract.history.filter is True
    assert contract.reset_before_query is False
    assert contract.data == made.info.data.checksum
    for file in (contract.model, contract.items, contract.golden):
        assert file.sha256 == sha256(shipped.to / file.file)
        assert file.size_bytes == (shipped.to / file.file).stat().st_size


def test_golden_answers_are_the_file_s_own(shipped):
    golden = msgspec.json.decode((shipped.to / "golden.json").read_bytes(), type=Golden)
    runner = ModelRunner(shipped.to / "model.tflite")
    names = read_items(shipped.to).items
    assert len(golden.cases) == 24
    for case in golden.cases:
        context = padded(case.history, 6)
        answer = runner.answer(context)
        assert case.context == tuple(context)
        deep = len(case.items)
        assert deep >= 20
        assert case.items == tuple(answer.items[:deep])
        np.testing.assert_allclose(case.scores, answer.scores[:deep], rtol=1e-6)
        left = [item for item in answer.items if item not in case.history][:10]
        assert [case.items[at] for at in case.recommended] == left
    assert len(golden.names) == 32
    assert all(names[item] == known for item, known in golden.names)
    assert (golden.names[0][0], golden.names[-1][0]) == (1, 500)
    assert golden.model == sha256(shipped.to / "model.tflite")


def test_the_same_run_gives_the_same_bytes(made, shipped, tmp_path):
    again = ship(made, tmp_path / "again", "bow/dynamic_wi8")
    for path in shipped.to.iterdir():
        assert path.read_bytes() == (again.to / path.name).read_bytes(), path.name


def test_state_that_outlives_a_query_is_said_and_reset(tmp_path):
    """A graph that adds half of the query before: its answers are those of a file without state."""
    makes = {stateful: tmp_path / str(stateful) for stateful in (False, True)}
    runs = [
        answering_run(place, recipes=("float32",), stateful=stateful)
        for stateful, place in makes.items()
    ]
    plain, stateful = (ship(run, tmp_path / f"b{n}") for n, run in enumerate(runs))
    assert (plain.contract.reset_before_query, stateful.contract.reset_before_query) == (
        False,
        True,
    )
    cases = [
        msgspec.json.decode((one.to / "golden.json").read_bytes(), type=Golden).cases
        for one in (plain, stateful)
    ]
    assert [case.items for case in cases[0]] == [case.items for case in cases[1]]
    assert client.selftest(stateful.to) == []
    known = json.loads((stateful.to / "contract.json").read_text()) | {"reset_before_query": False}
    (stateful.to / "contract.json").write_text(json.dumps(known))
    assert "golden questions are answered otherwise" in client.selftest(stateful.to)[0]


def test_one_file_is_the_model_and_a_zip(made, shipped, tmp_path):
    one = ship(made, tmp_path / "one.tflite", "bow/dynamic_wi8", single_file=True).to
    model = (shipped.to / "model.tflite").read_bytes()
    assert one.read_bytes().startswith(model)
    with zipfile.ZipFile(one) as archive:
        assert archive.testzip() is None
        inside = {name: archive.read(name) for name in archive.namelist()}
    outside = {path.name: path.read_bytes() for path in shipped.to.iterdir()}
    assert outside.pop("model.tflite") == model
    assert inside == outside
    context = padded((3, 4), 6)
    whole, front = (
        ModelRunner(path).answer(context) for path in (one, shipped.to / "model.tflite")
    )
    np.testing.assert_array_equal(whole.items, front.items)
    np.testing.assert_array_equal(whole.scores, front.scores)


def test_a_zip_behind_any_bytes():
    whole = with_archive(b"TFL3" * 100, {"b": b"2", "a": b"1"})
    assert whole[:400] == b"TFL3" * 100
    assert zipfile.ZipFile(io.BytesIO(whole)).namelist() == ["a", "b"]
    assert whole == with_archive(b"TFL3" * 100, {"a": b"1", "b": b"2"})


def test_an_empty_folder_is_filled(made, tmp_path):
    (tmp_path / "b").mkdir()
    assert (ship(made, tmp_path / "b").to / "model.tflite").is_file()


@pytest.mark.parametrize("single", [False, True])
def test_what_is_there_stays(made, tmp_path, single):
    place = tmp_path / "b"
    if not single:
        place.mkdir()
        place = place / "mine.txt"
    place.write_text("mine")
    with pytest.raises(OutputError, match="already" if single else "not empty"):
        ship(made, tmp_path / "b", single_file=single)
    assert place.read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


@pytest.mark.parametrize(
    ("fault", "ends_in"),
    [
        (OSError(28, "No space left on device"), OutputError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["a full disk", "Ctrl-C"],
)
def test_nothing_half_written(made, tmp_path, monkeypatch, fault, ends_in):
    """At the fourth file."""
    written = []

    def failing(path, content):
        if len(written) == 3:
            raise fault
        written.append(path)
        path.write_bytes(content)

    monkeypatch.setattr(bundle, "write_atomically", failing)
    with pytest.raises(ends_in):
        ship(made, tmp_path / "b")
    assert list(tmp_path.iterdir()) == []


def test_a_place_below_a_file(made, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        ship(made, tmp_path / "file" / "b")


def test_titles_come_along(made, tmp_path):
    table = tmp_path / "movies.csv"
    table.write_text(
        "movieId,title,genres\n"
        + "".join(f'item-{n},"Film {n}, The",Drama\n' for n in range(1, 500))
    )
    done = ship(made, tmp_path / "b", titles=Titles(table))
    names = msgspec.json.decode((done.to / ITEMS).read_bytes(), type=ItemNames)
    assert list(names.columns) == ["title"]
    assert names.columns["title"][:2] == ("", "Film 1, The")
    assert names.columns["title"][500] == ""
    assert done.notes == ("1 of 500 items have no line in movies.csv",)
    # As a run's own items.json, it is read by whoever reads those.
    assert read_items(done.to).items == names.items


def films(count):
    """Titles as long as those of films, which compress no better."""
    draw = random.Random(1)
    parts = list(map("".join, itertools.product("bdglmnrst", "aeiou", ("", "n", "r"))))

    def word():
        return "".join(draw.choices(parts, k=draw.choice((1, 2, 2, 3)))).title()

    return [
        f"{' '.join(word() for _ in range(draw.choice((2, 3, 4))))} ({draw.randint(1920, 2018)})"
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def titled(tmp_path_factory):
    """The bundle of a model over 3,650 items with ids and titles, contexts of 50, the best 100."""
    folder = tmp_path_factory.mktemp("titled")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"CATALOGUE": 3650, "LENGTH": 50, "K": 100}.items():
            patch.setattr(answering, name, value)
        run = answering_run(folder / "run", recipes=("dynamic_wi8",))
    ids = [str(item) for item in range(7_350, 11_000)]
    write_items(run.folder, Items(data=run.records[0].data, items=("", *ids)))
    titles = films(3650)
    lines = ["id,title", *(f"{one},{title}" for one, title in zip(ids, titles, strict=True))]
    (folder / "films.csv").write_text("\n".join(lines))
    return ship(run, folder / "bundle", titles=Titles(folder / "films.csv")), titles


def test_the_titles_of_many_films_are_no_more_than_200_kb(titled):
    done, titles = titled
    text = json.dumps(titles, separators=(",", ":")).encode()
    assert len(text) > 101_548  # of the first 3,650 of MovieLens latest-small
    assert len(zlib.compress(text, 9)) > 38_512  # of those
    ids = client.Recommender(done.to).ids[1:]
    assert len(json.dumps(ids, separators=(",", ":"))) > 26_208  # of theirs
    assert done.size_bytes - done.contract.model.size_bytes < 200_000
    assert client.selftest(done.to) == []
    assert client.Recommender(done.to).titles == ["", *titles]


@pytest.mark.parametrize("packed", ["!", "AAAA", "eJw=", 7])
def test_packed_titles_that_are_none(titled, tmp_path, packed):
    bundle = shutil.copytree(titled[0].to, tmp_path / "b")
    rewrite(bundle, "items.json", lambda known: known.update(packed=packed))
    seal(bundle, "items.json", "items")
    (said,) = client.selftest(bundle)
    assert said.startswith("items.json: packed")


def test_the_card_is_yaml_and_markdown(made, shipped):
    text = (shipped.to / "README.md").read_text()
    front, body = text.removeprefix("---\n").split("\n---\n", 1)
    lines = dict(line.split(": ", 1) for line in front.splitlines())
    assert json.loads(lines["license"]) == "other"
    (index,) = json.loads(lines["model-index"])
    (result,) = index["results"]
    ndcg = next(one for one in result["metrics"] if one["type"] == "ndcg@10")
    (record, *_) = [one for one in made.records if one.cell.recipe == "dynamic_wi8"]
    found = record.quality.metrics["ndcg@10"]
    assert ndcg["value"] == pytest.approx(found.value, abs=1e-6)
    assert f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})" in body
    assert "popularity (baseline)" in body
    assert made.info.machine.cpu in body
    assert record.model.sha256 in body


def test_hugging_face_reads_the_card(shipped):
    hub = pytest.importorskip("huggingface_hub")
    data = hub.ModelCard.load(shipped.to / "README.md").data
    assert data.license == "other"
    assert "tflite" in data.tags
    assert {one.metric_type for one in data.eval_results} == {"ndcg@10", "recall@10", "mrr"}


def test_no_name_escapes_the_card(run, tmp_path):
    """A study called like markup and a command that would end its block."""
    hostile = "x](javascript:1) <img src=x>\n# big | `a` \x1b[31m"
    records = tuple(
        msgspec.structs.replace(one, command="rbench ```\n<script>") for one in run.records
    )
    info = msgspec.structs.replace(run.info, study=hostile)
    done = ship(msgspec.structs.replace(run, info=info, records=records), tmp_path / "b")
    body = (done.to / "README.md").read_text().split("\n---\n", 1)[1]
    assert "\x1b" not in body
    assert "\n# big" not in body
    assert "\\<img" in body
    assert body.count("```") % 2 == 0
    assert "```\n<script>" not in body
