"""The Python client as an app has it: its own file and a runtime, no rbench, no TensorFlow."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbench.ship import documents as doc
from rbench.ship import ship
from rbench.ship.clients import client
from rbench.testing import damage
from rbench.testing.damage import rewrite, seal

BARE = """
import runpy, sys
for name in ("rbench", "tensorflow", "click", "msgspec"):
    sys.modules[name] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_bare(bundle, *arguments, script=None):
    """In a process that sees neither rbench nor what else it needs."""
    script = script or bundle / "client.py"
    return subprocess.run(
        [sys.executable, "-P", "-c", BARE, str(script), *arguments],
        cwd=bundle.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_its_selftest_passes_where_nothing_else_is(bundle):
    done = run_bare(bundle, "selftest")
    assert (done.returncode, done.stdout) == (0, "selftest: passed\n"), done.stderr


def test_it_recommends_by_the_log_s_own_ids(bundle):
    done = run_bare(bundle, "recommend", "item-3", "nobody", "item-4", "-k", "3")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    assert "not known to the model: nobody" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("recommend", "item-3", "-k", "31"), "k must be from 1 to 30, not 31"),
        (("--bundle", "nowhere", "selftest"), "no contract.json that can be read"),
    ],
)
def test_what_is_wrong_is_said(bundle, arguments, said):
    done = run_bare(bundle, *arguments)
    assert said in done.stdout + done.stderr
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def test_the_one_file_is_a_bundle(made, bundle, tmp_path):
    one = ship(made, tmp_path / "one.tflite", "bow/static_wi8_ai8", single_file=True).to
    assert client.selftest(one) == []
    folder = ship(made, tmp_path / "folder", "bow/static_wi8_ai8").to
    answers = [client.Recommender(place).recommend([1, 2, 3]) for place in (one, folder)]
    assert answers[0] == answers[1]


@pytest.fixture
def opened(bundle):
    return client.Recommender(bundle)


def test_the_newest_items_count_and_nothing_seen_is_listed(opened):
    long = [7, 8, 9, 10, 11, 12, 13, 14]
    assert opened.context(long) == long[-6:]
    assert opened.context([5]) == [0, 0, 0, 0, 0, 5]
    assert opened.raw(opened.context(long)) == opened.raw(opened.context(long[-6:]))
    first = opened.recommend(long, 10)
    assert not set(first.items) & set(long)
    again = opened.recommend([*first.items, *long], 10)
    assert not set(again.items) & {*first.items, *long}
    assert first.missing == again.missing == 0


def test_it_says_how_many_are_missing(opened):
    full = [1, 2, 3, 4, 5, 6]
    items, _ = opened.raw(full)
    some = opened.recommend([*items[:25], *full], 10)
    left = [item for item in items[25:] if item not in full]
    assert some.items == left
    assert some.missing == 10 - len(left)
    none = opened.recommend([*items, *full], 10)
    assert (none.items, none.missing) == ([], 10)


def test_history_stays_where_the_contract_says_so(bundle):
    rewrite(bundle, "contract.json", lambda known: known["history"].update(filter=False))
    opened = client.Recommender(bundle)
    items, _ = opened.raw(opened.context([3, 4]))
    assert opened.recommend([*items[:3], 3, 4], 30).missing == 0


@pytest.mark.parametrize("history", [[0], [-1], [501], [3, 10**9]])
def test_what_is_no_index(opened, history):
    with pytest.raises(ValueError, match=r"no index of an item.*allowed: 1 to 500"):
        opened.recommend(history)


def test_state_is_reset_before_each_query(opened, monkeypatch):
    calls = []

    class Interpreter:
        def reset_all_variables(self):
            calls.append("reset")

    opened.raw([0] * 6)
    monkeypatch.setattr(opened, "_interpreter", Interpreter())
    opened.contract["reset_before_query"] = True
    opened.raw([0] * 6)
    assert calls == ["reset"]


def test_a_corrupted_model(bundle):
    damage.corrupt_model(bundle)
    said = "\n".join(client.selftest(bundle))
    assert "the model is not the one that was shipped" in said
    with pytest.raises(client.BundleError, match="not the one that was shipped"):
        client.Recommender(bundle)


def test_a_model_that_is_cut_off(bundle):
    damage.cut_model(bundle)
    assert "the model is cut off: 5000 of 15712 bytes" in client.selftest(bundle)[0]


def test_a_swapped_table(bundle):
    damage.swap_table(bundle)
    (said,) = client.selftest(bundle)
    assert "not the one that was shipped" in said
    assert "another model or item table put there" in said


def test_a_model_that_is_another_is_never_opened(bundle, monkeypatch):
    """One flipped bit may crash the runtime, and the process with it."""
    damage.corrupt_model(bundle)
    monkeypatch.setattr(client, "_interpreter", lambda model: pytest.fail("it was opened"))
    (said,) = client.selftest(bundle)
    assert "it was damaged" in said


def test_a_swapped_table_under_a_sum_of_its_own(bundle):
    damage.swap_table(bundle)
    seal(bundle, "model.tflite", "model")
    (said,) = client.selftest(bundle)
    assert "golden questions are answered otherwise" in said
    assert "the item table or other weights" in said


def test_a_swapped_table_whose_scores_lie_close_together(made, tmp_path):
    """A static file has steps so wide that scores alone would let another table pass."""
    bundle = ship(made, tmp_path / "static", "bow/static_wi8_ai8").to
    damage.swap_table(bundle, "static")
    seal(bundle, "model.tflite", "model")
    (said,) = client.selftest(bundle)
    assert re.search(r"e\.g\. \d+ % of the golden items are returned", said)


ODD = (None, 0, -1, "", "x", [], {}, [1], {"file": 1}, True, 1e300)
CASES = [{"name": "one", "items": [1, 2, 3, 4, 5], "scores": [1.0, 0.99, 0.98, 0.97, 0.96]}]


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([1, 2, 3, 4, 5], []),
        ([5, 4, 3, 2, 1], []),
        ([1, 2, 3, 4, 9], []),
        ([1, 2, 3, 8, 9], ["60 % of the golden items"]),
        ([6, 7, 8, 9, 10], ["0 % of the golden items"]),
    ],
)
def test_items_count_where_scores_do_not_tell(items, said):
    tolerance = {"scores": 0.1, "overlap": 0.8}
    found = client.wrong_answers(CASES, [(items, CASES[0]["scores"])], tolerance)
    assert len(found) == len(said)
    assert all(want in one for want, one in zip(said, found, strict=True))


def test_stale_names(bundle):
    damage.lose_name(bundle)
    said = client.selftest(bundle)
    assert "items.json is not the one that was shipped with this model" in said[0]
    assert "items.json is stale: it names 499 items, the model ranks 500" in said


def test_stale_names_under_a_sum_of_their_own(bundle):
    damage.swap_split(bundle)
    seal(bundle, "items.json", "items")
    assert client.selftest(bundle) == [
        "items.json is stale: it belongs to another split of the log than the model"
    ]
    with pytest.raises(client.BundleError, match="stale"):
        client.Recommender(bundle)


def test_names_in_another_order_under_a_sum_of_their_own(bundle):
    damage.turn_names(bundle)
    seal(bundle, "items.json", "items")
    said = client.selftest(bundle)
    assert all("items.json is stale: it calls item" in one for one in said)
    assert said


def test_golden_answers_of_another_model(bundle):
    rewrite(bundle, "golden.json", lambda known: known.update(seed=21))
    assert "golden.json is not the one" in client.selftest(bundle)[0]


@pytest.mark.parametrize("name", ["contract.json", "golden.json", "items.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"{}", b'{"schema":1}'])
def test_documents_that_are_none(bundle, name, content):
    (bundle / name).write_bytes(content)
    done = run_bare(bundle, "selftest")
    assert name in done.stdout + done.stderr
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr


def test_a_contract_that_the_model_does_not_keep(bundle):
    rewrite(bundle, "contract.json", lambda known: known["inputs"][0].update(shape=[1, 7]))
    assert "inputs differ at context" in client.selftest(bundle)[0]


def test_a_backend_without_a_tolerance(bundle):
    assert (
        "no tolerance for tpu; golden.json knows aarch64/cpu" in client.selftest(bundle, "tpu")[0]
    )


def test_a_file_of_its_own(bundle):
    """It is read from the bundle, not from the package."""
    spec = importlib.util.spec_from_file_location("shipped_client", bundle / "client.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    assert module.selftest(bundle) == []


GOLDEN = ([5, 3, 9], [3.0, 2.0, 1.99])


@pytest.mark.parametrize(
    ("items", "scores", "tolerance", "said"),
    [
        ([5, 3, 9], [3.0, 2.0, 1.99], 0.0, ""),
        ([5, 3, 9], [3.0, 2.05, 1.99], 0.01, "rank 2 has score 2.05, not 2"),
        ([5, 9, 3], [3.0, 2.0, 1.99], 0.01, ""),
        ([3, 5, 9], [3.0, 2.0, 1.99], 0.01, "rank 1 is item 3, not 5"),
        ([5, 3, 8], [3.0, 2.0, 1.99], 0.01, ""),
        ([8, 3, 9], [3.0, 2.0, 1.99], 0.01, "rank 1 is item 8, not 5"),
        ([5, 3], [3.0, 2.0], 0.01, "2 items, not 3"),
        ([5, 3, 3], [3.0, 2.0, 1.99], 0.01, "an item is returned twice"),
        ([5, 3, 9], [3.0, 2.0, float("nan")], 0.01, "rank 3 has score nan"),
    ],
)
def test_what_rounding_explains_and_what_not(items, scores, tolerance, said):
    found = client.differs(*GOLDEN, items, scores, tolerance)
    assert found.startswith(said) if said else found == ""


@given(history=st.lists(st.integers(1, 500), max_size=40), k=st.integers(1, 30))
def test_any_history(shipped, history, k):
    opened = cached(shipped.to)
    found = opened.recommend(history, k)
    assert not set(found.items) & set(history)
    assert len(found.items) == k - found.missing
    assert found.scores == sorted(found.scores, reverse=True)
    assert len(opened.context(history)) == 6
    assert [one for one in opened.context(history) if one] == history[-6:]


@pytest.fixture(scope="module")
def torn(shipped, tmp_path_factory):
    """A bundle that is mended before each damage."""
    place = shutil.copytree(shipped.to, tmp_path_factory.mktemp("torn") / "bundle")

    def damaged(name, change):
        for path in shipped.to.iterdir():
            (place / path.name).write_bytes(path.read_bytes())
        (place / name).write_bytes(change((place / name).read_bytes()))
        return place

    return damaged


SHARE = st.floats(0, 1, exclude_max=True)
NAMES = ("model.tflite", "items.json", "golden.json", "contract.json")


@settings(max_examples=40)
@given(name=st.sampled_from(NAMES), share=SHARE, mask=st.integers(1, 255))
def test_any_byte_that_changed_is_found(torn, name, share, mask):
    def change(content):
        at = int(share * len(content))
        return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :]

    said = client.selftest(torn(name, change))
    assert said or name == "contract.json"  # which holds words for people too


@settings(max_examples=20)
@given(name=st.sampled_from(NAMES), share=SHARE)
def test_any_file_that_broke_off_is_found(torn, name, share):
    """By more than the line's end, without which a document says the same."""
    assert client.selftest(torn(name, lambda content: content[: int(share * (len(content) - 1))]))


@settings(max_examples=40)
@given(key=st.sampled_from(sorted(doc.Contract.__struct_fields__)), value=st.sampled_from(ODD))
def test_a_contract_with_another_value(torn, key, value):
    def change(content):
        return json.dumps({**json.loads(content), key: value}).encode()

    said = client.selftest(torn("contract.json", change))
    assert all(isinstance(one, str) for one in said)
    assert said or key not in client.NEEDED or value is True


OPENED = {}


def cached(place):
    if place not in OPENED:
        OPENED[place] = client.Recommender(place)
    return OPENED[place]


def test_the_contract_is_read_as_rbench_reads_it(bundle):
    from rbench.ship.documents import Contract

    known = msgspec.json.decode((bundle / "contract.json").read_bytes(), type=Contract)
    assert client.Recommender(bundle).contract["k"] == known.k
