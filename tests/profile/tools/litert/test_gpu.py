"""The target ``gpu``: on a software GPU, where there is one, everything but the latency is real."""

from functools import cache

import msgspec
import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="timing needs rbench[profile]")

from rbench import profile
from rbench.cells.target import Target
from rbench.convert import take_inventory
from rbench.convert.flatbuffer import parse
from rbench.convert.sharing import table_of
from rbench.errors import StageError, Unsupported
from rbench.profile import queries
from rbench.profile.refusal import RefusedError
from rbench.profile.tools.litert import gpus
from rbench.profile.tools.litert.nodes import nodes_taken
from rbench.records import Delegation
from rbench.testing.flat import FlatGraph, recommender
from rbench.testing.unshared import unshared
from rbench.testing.whole import gpu_ready

GPU = Target("gpu")
LENGTH = 6


def table(items: int):
    return np.random.default_rng(0).normal(size=(items, 16)).astype(np.float32)


@pytest.fixture
def asked(tmp_path):
    path = tmp_path / "contexts.npy"
    np.save(path, np.random.default_rng(1).integers(1, 60, (8, LENGTH)).astype(np.int32))
    return path


@pytest.fixture
def file(tmp_path):
    def make(content: bytes):
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        return path

    return make


def batched_lookup() -> bytes:
    """GATHER by indices in two dimensions, which the GPU does not take, and an ADD."""
    graph = FlatGraph()
    context = graph.tensor((1, LENGTH), "INT32")
    rows, doubled = graph.tensor((1, LENGTH, 16)), graph.tensor((1, LENGTH, 16))
    lookup = graph.tensor((60, 16), data=table(60))
    graph.op("GATHER", (lookup, context), (rows,), "GatherOptions", 1)
    graph.op("ADD", (rows, rows), (doubled,), "AddOptions", 1)
    return graph.finish("serve", {"context": context}, {"rows": doubled})


def test_a_round_is_marked_and_includes_reading(software_gpu, file, asked, quick, tmp_path):
    made = profile.measure(
        quick, file(recommender(table(60), scheme="float32")), GPU, asked, 0, tmp_path
    )
    found = made.delegation
    assert found.software
    assert "SwiftShader" in found.adapter
    assert (found.nodes_delegated, found.partitions, found.left_behind) == (
        found.nodes_total,
        1,
        {},
    )
    # Dispatch alone takes 0.1 to 0.2 ms; a software GPU needs milliseconds to have an answer.
    assert made.median_us > 1000
    assert made.runs == 5
    (tmp_path / "result.json").write_bytes(profile_json(made))
    timing, _ = profile.summarise(quick, GPU, [tmp_path], folder(tmp_path))
    assert timing.verdict == "unstable"
    assert timing.reasons == ("software GPU: a correctness check, not a latency",)
    assert "outputs read" in timing.details["timed"]


def profile_json(made) -> bytes:
    import msgspec

    return msgspec.json.encode(made)


def folder(place):
    made = place / "pooled"
    made.mkdir()
    return made


def test_a_silent_fall_back_is_a_failure(software_gpu, file, asked, quick, tmp_path):
    """The runtime itself calls this model fully accelerated."""
    odd = recommender(table(61), scheme="float32")
    with pytest.raises(StageError, match=r"fell back to the CPU.*TopK requires src tensor C dim"):
        profile.measure(quick, file(odd), GPU, asked, 0, tmp_path)
    made = profile.measure(quick, file(gpu_ready(odd)), GPU, asked, 0, tmp_path)
    assert made.delegation.nodes_delegated == made.delegation.nodes_total


def test_a_ranking_in_two_stages_runs_whole_and_answers_alike(
    software_gpu, file, asked, quick, tmp_path
):
    """Also where items tie: every one stands in the table twice."""
    twice = np.concatenate([table(2001)] * 2)
    path = file(gpu_ready(recommender(twice, k=20, scheme="float32")))
    assert take_inventory(path.read_bytes()).ops["TOPK_V2"] == 3
    made = profile.measure(quick, path, GPU, asked, 0, tmp_path)
    assert made.delegation.nodes_delegated == made.delegation.nodes_total
    contexts = np.load(asked)
    np.testing.assert_array_equal(on_gpu(path, contexts)[0], best_on_cpu(path, contexts))


def test_what_stays_behind_is_named(software_gpu, file, asked, quick, tmp_path):
    made = profile.measure(quick, file(batched_lookup()), GPU, asked, 0, tmp_path)
    found = made.delegation
    assert found.left_behind == {"GATHER": 1}
    assert (found.nodes_delegated, found.nodes_total) == (1, 2)
    assert found.remarks == ("GATHER: Only support 1D indices",)


@pytest.mark.slow
def test_without_a_gpu_it_is_unsupported_and_says_how_to_get_one(
    no_gpu, file, asked, quick, tmp_path
):
    model = file(recommender(table(60), scheme="float32"))
    with pytest.raises(Unsupported, match=r"no GPU here.*VK_DRIVER_FILES="):
        profile.measure(quick, model, GPU, asked, 0, tmp_path)
    with pytest.raises(Unsupported, match="no GPU here"):
        nodes_taken(model, "gpu")
    assert not gpus.find().name


def test_a_software_gpu_is_found_and_called_one(software_gpu):
    found = gpus.find()
    assert found.software
    assert "SwiftShader" in found.name


def test_queries_are_what_the_file_takes():
    places = [queries.InputSpec("a", "int32", (1, 2)), queries.InputSpec("b", "float32", (3,))]
    given = queries.Queries({"b": np.zeros((4, 3), np.float32), "a": np.ones((4, 1, 2), np.int32)})
    rows = given.rows(places)
    assert len(rows) == len(given) == 4
    assert [value.shape for value in rows[0]] == [(1, 2), (3,)]
    with pytest.raises(RefusedError, match="the file takes int32"):
        queries.Queries({"a": np.ones((4, 1, 2), np.int32)}).rows(places)


READY = [
    ("bow", ""),
    ("cnn", ""),
    ("attention", ""),
    ("lstm", "unrolled+"),
    ("gru", "unrolled+"),
]


@pytest.fixture(scope="module")
def encoder_file(tmp_path_factory):
    """(encoder's name, recipe) -> a .tflite of 62 items, with weights that nobody trained."""
    pytest.importorskip("tensorflow", reason="conversion needs rbench[sweep]")
    import tf_keras

    from rbench import plugins
    from rbench.cells.recipe import Recipe
    from rbench.convert.export import Recommender
    from rbench.encoding import Form, ModelSettings
    from rbench.graph.model import scoring_model
    from rbench.testing.whole import converted, rewritten

    settings = ModelSettings(width=16, length=LENGTH, top_k=20)

    @cache
    def make(name: str, recipe: str):
        parsed = Recipe.parse(recipe)
        tf_keras.backend.clear_session()
        tf_keras.utils.set_random_seed(3)
        form = Form(last=True, unrolled=parsed.unrolled)
        model = scoring_model(plugins.encoder(name), settings, 62, form)
        exported = Recommender(model, settings.length, settings.top_k)
        content, _ = rewritten(converted(parsed.scheme.name, exported, np.zeros((1, LENGTH))))
        path = tmp_path_factory.mktemp("ready") / "model.tflite"
        path.write_bytes(gpu_ready(content))
        return path

    return make


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "form", "scheme"),
    [
        *((*one, "float32") for one in READY),
        ("bow", "", "float16"),
        ("gru", "unrolled+", "float16"),
    ],
)
def test_ready_graphs_run_whole_and_answer_alike(software_gpu, encoder_file, name, form, scheme):
    path = encoder_file(name, f"{form}{scheme}")
    contexts = np.random.default_rng(2).integers(1, 62, (20, LENGTH)).astype(np.int32)
    contexts[np.arange(LENGTH) < np.arange(20)[:, None] % LENGTH] = 0
    best, taken = on_gpu(path, contexts)
    assert taken.left_behind == {}
    assert taken.nodes_delegated == taken.nodes_total > 0
    overlap = share(best, best_on_cpu(path, contexts))
    assert overlap >= (0.99 if scheme == "float32" else 0.95)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "scheme"), [("bow", "float16"), ("attention", "float32")])
def test_one_table_names_the_items_of_two_on_a_gpu(
    software_gpu, encoder_file, tmp_path, name, scheme
):
    one = encoder_file(name, scheme)
    two = tmp_path / "two.tflite"
    two.write_bytes(unshared(one.read_bytes()))
    tables = [table_of(parse(path.read_bytes())).buffers for path in (one, two)]
    assert tables == [1, 2]
    contexts = np.random.default_rng(4).integers(0, 62, (20, LENGTH)).astype(np.int32)
    contexts.sort(axis=1)  # padding in front
    (best, _), (best_of_two, taken) = (on_gpu(path, contexts) for path in (one, two))
    assert taken.nodes_delegated == taken.nodes_total > 0  # of one, all: see above
    assert share(best, best_of_two) >= 0.99


def share(one, other) -> float:
    """Mean share of the ten best items that both name."""
    pairs = zip(one, other, strict=True)
    return float(np.mean([len(set(x[:10]) & set(y[:10])) / 10 for x, y in pairs]))


def best_on_cpu(path, contexts):
    from ai_edge_litert.interpreter import Interpreter

    run = Interpreter(str(path)).get_signature_runner("recommend")
    return np.array([run(context=context[None])["items"][0] for context in contexts])


def on_gpu(path, contexts):
    """Best items of each context, and what the GPU took."""
    import subprocess
    import sys

    np.save(path.parent / "asked.npy", contexts)
    with (path.parent / "errors").open("w+b") as errors:
        done = subprocess.run(
            [sys.executable, "-c", ON_GPU, str(path), str(path.parent)],
            stderr=errors,
            stdout=subprocess.PIPE,
            check=False,
        )
        errors.seek(0)
        assert done.returncode == 0, errors.read().decode(errors="replace")
    taken = msgspec.json.decode((path.parent / "taken.json").read_bytes(), type=Delegation)
    return np.load(path.parent / "answers.npy"), taken


ON_GPU = """
import sys
import msgspec
import numpy as np
from pathlib import Path
from rbench.profile.tools.litert import gpu_model
model = gpu_model.load(sys.argv[1], threads=1)
place = Path(sys.argv[2])
(key, ends), *_ = model.get_signature_list().items()
gives = model.get_output_tensor_details(key)
entries, exits = model.create_input_buffers(0), model.create_output_buffers(0)
number = ends["outputs"].index("items")
answers = []
for context in np.load(place / "asked.npy"):
    entries[0].write(context[None])
    model.run_by_index(0, entries, exits)
    answers.append(exits[number].read(20, np.int32))
np.save(place / "answers.npy", np.array(answers))
operators, _ = gpu_model.operators(Path(sys.argv[1]))
(place / "taken.json").write_bytes(msgspec.json.encode(gpu_model.taken(model, operators)))
"""
