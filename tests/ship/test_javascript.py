"""The JavaScript client's logic, in node: the runtime is a stub that says what the file says."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from rbench.ship import ship
from rbench.ship.answers import ModelRunner, padded
from rbench.ship.clients import client as python
from rbench.testing import damage
from rbench.testing.answering import answering_run
from rbench.testing.damage import rewrite, seal

GOLDEN = ([5, 3, 9], [3.0, 2.0, 1.99])
STUB = Path(__file__).with_name("stub_runtime.mjs")
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="no node here")


def told(bundle, *steps, asked=(), whole=None, source=None, features=None):
    """What the client says, step by step; and it gave all memory back.

    Args:
        source: the bundle whose model answers, where its own is damaged.
        features: name of each further input -> its facts.
    """
    source = source or bundle
    golden = json.loads((source / "golden.json").read_bytes())
    runner = ModelRunner(source / "model.tflite", features)
    answers = {}
    for history in [*(case["history"] for case in golden["cases"]), *asked]:
        context = padded(history, runner.length)
        answer = runner.answer(context)
        answers[",".join(map(str, context))] = {
            "items": answer.items.tolist(),
            "scores": answer.scores.tolist(),
        }
    details = {
        side: [
            {"name": one.name, "dtype": one.dtype, "shape": one.shape}
            for one in getattr(runner, side)
        ]
        for side in ("inputs", "outputs")
    }
    orders = bundle.parent / "orders.json"
    files = [str(path) for path in bundle.iterdir()]
    orders.write_text(
        json.dumps(
            {
                "files": files,
                "whole": whole and str(whole),
                "answers": answers,
                "steps": steps,
                "details": details,
            }
        )
    )
    done = subprocess.run(
        [NODE, str(STUB), str(bundle / "client.js"), str(orders)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["alive"] == 0
    return found["said"]


def test_it_says_what_the_python_client_says(bundle):
    long = [7, 8, 9, 10, 11, 12, 13, 14]
    histories = [[], [5], long, [*range(1, 7)]]
    opened = python.Recommender(bundle)
    items, _ = opened.raw(opened.context([1, 2]))
    histories.append([*items, 1, 2])
    said = told(
        bundle, ["selftest"], *(["recommend", one, 10] for one in histories), asked=histories
    )
    assert said[0] == []
    for history, found in zip(histories, said[1:], strict=True):
        wanted = opened.recommend(history, 10)
        assert found == {
            "items": wanted.items,
            "scores": pytest.approx(wanted.scores),
            "ids": wanted.ids,
            "titles": wanted.titles,
            "unknown": [],
            "missing": wanted.missing,
        }


def test_ids_and_wrong_words(bundle):
    known, index, k, context = told(
        bundle,
        ["recommendIds", ["item-3", "nobody", ""], 2],
        ["recommend", [501]],
        ["recommend", [3], 31],
        ["context", [1, 2, 3, 4, 5, 6, 7]],
        asked=[[3]],
    )
    assert known["unknown"] == ["nobody", ""]
    assert "item-3" not in known["ids"]
    assert index["error"] == "no index of an item: 501; allowed: 1 to 500"
    assert k["error"] == "k must be from 1 to 30, not 31"
    assert context == [2, 3, 4, 5, 6, 7]


def test_columns_become_what_python_makes_of_them(columned):
    columns = {
        "rating": [0, 0.5, 4, 9.5],
        "event": ["buy", "view", "x", 7],
        "dwell": [-1, 0, 30, 900],
    }
    history, opened = [3, 1, 2, 4], python.Recommender(columned)
    made, answer, by_ids, *wrong = told(
        columned,
        ["beside", history, {"columns": columns}],
        ["recommend", history, 3, {"columns": columns}],
        [
            "recommendIds",
            ["item-3", "nobody"],
            2,
            {"columns": {name: v[:2] for name, v in columns.items()}},
        ],
        ["recommend", history, 3],
        ["recommend", history, 3, {"columns": {**columns, "event": ["buy"]}}],
        ["recommend", history, 3, {"columns": {**columns, "dwell": [1, 2, None, 4]}}],
        ["recommend", history, 3, {"columns": {**columns, "price": history}}],
        asked=[history, [3]],
        features={one["name"]: one for one in opened.contract["inputs"]},
    )
    assert made == opened.beside(history, None, columns=columns)
    assert answer["items"] == opened.recommend(history, 3, columns=columns).items
    assert by_ids["unknown"] == ["nobody"]
    assert [one["error"] for one in wrong] == [
        "the model takes dwell: say it of each item, columns",
        "1 event for 4 items",
        "dwell of an item is no finite number: null",
        "the model takes no price",
    ]


def test_the_one_file_is_a_bundle(made, bundle, tmp_path):
    one = ship(made, tmp_path / "one.tflite", "bow/dynamic_wi8", single_file=True).to
    assert told(bundle, ["selftest"], whole=one) == [[]]
    (tmp_path / "none.tflite").write_bytes((bundle / "model.tflite").read_bytes())
    ((said,),) = told(bundle, ["selftest"], whole=tmp_path / "none.tflite")
    assert said.startswith("no ZIP behind the model")


def test_a_swapped_table(bundle):
    damage.swap_table(bundle)
    (said,) = told(bundle, ["selftest"])
    assert any("not the one that was shipped" in one for one in said)
    seal(bundle, "model.tflite", "model")
    ((said,),) = told(bundle, ["selftest"])
    assert "golden questions are answered otherwise" in said


def test_a_swapped_table_whose_scores_lie_close_together(made, tmp_path):
    bundle = ship(made, tmp_path / "static", "bow/static_wi8_ai8").to
    damage.swap_table(bundle, "static")
    seal(bundle, "model.tflite", "model")
    ((said,),) = told(bundle, ["selftest"])
    assert [said] == python.selftest(bundle)
    assert " % of the golden items are returned" in said


def test_a_damaged_model(bundle, shipped):
    damage.corrupt_model(bundle)
    said, opened = told(bundle, ["selftest"], ["recommend", [3]], source=shipped.to)
    assert "the model is not the one that was shipped" in said[0]
    assert "the model is not the one that was shipped" in opened["error"]
    damage.cut_model(bundle)
    (said,) = told(bundle, ["selftest"], source=shipped.to)
    assert said[0] == "the model is cut off: 5000 of 15712 bytes"


def test_stale_names(bundle):
    damage.lose_name(bundle)
    said, opened = told(bundle, ["selftest"], ["recommend", [3]])
    assert "items.json is stale: it names 499 items, the model ranks 500" in said
    assert "not the one that was shipped" in opened["error"]


def test_names_in_another_order(bundle):
    damage.turn_names(bundle)
    seal(bundle, "items.json", "items")
    (said,) = told(bundle, ["selftest"])
    assert said
    assert all("items.json is stale: it calls item" in one for one in said)


def test_state_that_cannot_be_reset(bundle):
    rewrite(bundle, "contract.json", lambda known: known.update(reset_before_query=True))
    ((said,),) = told(bundle, ["selftest"])
    assert "unrolled+" in said


def test_a_backend_without_a_tolerance(bundle):
    ((said,),) = told(bundle, ["selftest", {"backend": "tpu"}])
    assert said.startswith("no tolerance for tpu; golden.json knows aarch64/cpu")


@pytest.mark.parametrize("name", ["contract.json", "items.json"])
def test_documents_that_are_none(bundle, name):
    steps = ["selftest"]
    (bundle / name).write_bytes(b"{")
    ((said,),) = told(bundle, steps)
    assert f"{name} is no JSON" in said


@pytest.mark.parametrize(
    ("key", "value"),
    [*((key, None) for key in sorted(python.NEEDED)), ("context", {}), ("k", 1.5), ("inputs", [])],
)
def test_a_contract_with_another_value(bundle, key, value):
    rewrite(bundle, "contract.json", lambda known: known.update({key: value}))
    ((said,),) = told(bundle, ["selftest"])
    assert said.startswith("contract.json")


def test_both_clients_judge_alike(bundle):
    pairs = [
        ([5, 3, 9], [3.0, 2.0, 1.99]),
        ([5, 9, 3], [3.0, 2.0, 1.99]),
        ([3, 5, 9], [3.0, 2.0, 1.99]),
        ([5, 3, 8], [3.0, 2.0, 1.99]),
        ([8, 3, 9], [3.0, 2.0, 1.99]),
        ([5, 3], [3.0, 2.0]),
        ([5, 3, 3], [3.0, 2.0, 1.99]),
        ([5, 3, 9], [3.0, 2.05, 1.99]),
    ]
    golden = {"items": GOLDEN[0], "scores": GOLDEN[1]}
    said = told(
        bundle,
        *(["differs", golden, {"items": items, "scores": scores}, 0.01] for items, scores in pairs),
    )
    wanted = [python.differs(*GOLDEN, *pair, 0.01) for pair in pairs]
    assert [bool(one) for one in said] == [bool(one) for one in wanted]
    assert [one[:12] for one in said] == [one[:12] for one in wanted]


def test_it_taps_as_the_session_goes(tmp_path):
    run = answering_run(tmp_path / "run", recipes=("float32",), tap=True)
    bundle = ship(run, tmp_path / "bundle").to
    size = 8
    said = told(
        bundle,
        ["tap", {}, 5, 3],
        ["tap", {"state": [2.0, *[0.0] * (size - 1)], "seen": [20]}, 5, 3],
        ["tap", {"state": [1.0]}, 5, 3],
        ["tap", {}, 0, 3],
        ["tap", {}, 5, 31],
    )
    # The stub names 5, 20 and 20 + taps; what was seen is taken out.
    assert (said[0]["items"], said[0]["missing"]) == ([20, 21], 1)
    assert said[1]["items"] == [23]
    assert said[2]["error"] == "a state of 1 numbers; this model's has 8"
    assert "no index of an item: 0" in said[3]["error"]
    assert "k must be from 1 to 30, not 31" in said[4]["error"]


def test_a_model_without_a_tap_says_so(bundle):
    (said,) = told(bundle, ["tap", {}, 5, 3])
    assert "no tap" in said["error"]


@pytest.mark.parametrize("state", ["variable", "tensor"])
def test_it_learns_as_the_session_goes(state, tmp_path):
    """The stub's user adds up what was taken; the runtime holds the session's, or nobody's."""
    run = answering_run(tmp_path / "run", recipes=("float32",), personal=state)
    bundle = ship(run, tmp_path / "bundle").to
    zeros = [0.0] * 7
    said = told(
        bundle,
        ["learn", {}, [3, 9], 5],
        ["learn", {"user": [2.0, *zeros], "seen": [20]}, [3, 9], 5],
        ["forget", {"user": [2.0, *zeros], "seen": [20], "state": [1.0]}],
        ["recommend", [3, 9], 3, {"session": {"user": [2.0, *zeros]}}],
        ["learn", {"user": [1.0]}, [3, 9], 5],
        ["learn", {}, [3, 9], 0],
        ["selftest"],
        asked=([3, 9],),
    )
    assert said[0]["session"] == {"user": [5.0, *zeros]}
    assert said[1]["session"] == {"user": [7.0, *zeros], "seen": [20]}
    assert said[2]["session"] == {}
    if state == "variable":
        assert not any(said[2]["held"])
    assert said[3]["items"] == python.Recommender(bundle).recommend([3, 9], 3).items
    assert said[4]["error"] == "a user of 1 numbers; this model's has 8"
    assert "no index of an item: 0" in said[5]["error"]
    assert said[6] == []


def test_a_model_that_does_not_learn_says_so(bundle):
    (said,) = told(bundle, ["learn", {}, [3], 5])
    assert "does not learn" in said["error"]
