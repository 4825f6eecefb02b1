"""Run folders that no rbench wrote: reports, comparisons and gates answer or refuse, each in words.

Seeded: mutation N is always the same.
"""

import json
import random
import shutil
from functools import cache
from pathlib import Path

import pytest

from rbench import plugins
from rbench.compare import compare
from rbench.errors import RbenchError
from rbench.gate import judge, parse_budget, read_against
from rbench.records.run_folder import read_run
from rbench.testing.runs import example_run

FORMATS = ("markdown", "json", "csv", "html")
BUDGET = parse_budget("""
[[cells]]
size = { max = "1MB", max_growth = "5%" }
gzip = { max = "1MB", max_growth = "5%" }
quality."ndcg@10" = { min = 0.01, max_loss = "5%" }
quality.mrr = { max_loss = "5%" }
latency = { reference = { recipe = "float32" }, max_ratio = 1.5 }
""")


class Raw(str):
    """What stands in the document as it is."""


HUGE, TINY = 1e308, 5e-324
ODD = [
    *(None, True, "", "x", "1e5", "0" * 64, "../../x", "\0\x1b[31m", "x" * 50_000, [], {}, [[[]]]),
    *(-1, 0, 0.5, 2, HUGE, -HUGE, TINY, 2**31, 2**53, 2**63 - 1, 2**63, -(2**63), [HUGE, -HUGE]),
    *(Raw("1" + "0" * 400), Raw("1e999"), Raw("NaN"), Raw("-Infinity"), Raw('"\\ud800"')),
    *([1] * 10_000, ["a"] * 10_000, {"a": {"b": 1}}, Raw("[" * 300 + "]" * 300)),
    Raw("[" * 100_000 + "]" * 100_000),
]
FACTORS = [-1, 0, 1e-300, 1e-9, 0.5, 1e9, 1e300]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return example_run(
        tmp_path_factory.mktemp("whole") / "run",
        encoders=("bow", "gru"),
        recipes=("float32", "dynamic_wi8"),
        targets=("cpu", "benchmark_model/xnnpack", "gpu"),
        users=30,
        samples=30,
        replicates=(2,),
        states={
            ("gru", "float32", "cpu"): "failed",
            ("bow", "dynamic_wi8", "cpu"): "unstable",
            ("bow", "float32", "gpu"): "simulated",
        },
        noise={"cpu": 0.01},
    )


def written(value):
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        inside = (f"{json.dumps(key)}:{written(one)}" for key, one in value.items())
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value)


def places(value, path=()):
    """Every (holder, key) below a value, and the place as a pattern."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in inside:
        here = (*path, key if isinstance(key, str) else "#")
        yield here, value, key
        if isinstance(one, dict | list):
            yield from places(one, here)


def mutate(chance, document):
    """One change: each kind of place is as likely, however often it occurs."""
    found = {}
    for pattern, holder, key in places(document):
        found.setdefault(pattern, []).append((holder, key))
    if not found:
        return
    holder, key = chance.choice(found[chance.choice(sorted(found))])
    old = holder[key]
    deed = chance.random()
    if deed < 0.1:
        del holder[key]
    elif deed < 0.3 and type(old) in (int, float):
        holder[key] = min(HUGE, max(-HUGE, old * chance.choice(FACTORS)))
    elif deed < 0.4 and isinstance(old, list):
        holder[key] = old * chance.choice([0, 2, 300])
    else:
        holder[key] = chance.choice(ODD)


def mutated(number: int, whole, folder: Path) -> Path:
    chance = random.Random(number)
    shutil.copytree(whole.folder, folder)
    records = [
        json.loads(line) for line in (folder / "records.jsonl").read_text("utf-8").splitlines()
    ]
    info = json.loads((folder / "run.json").read_text("utf-8"))
    info["data"]["details"] = dict.fromkeys(
        ("test_targets_in_history", "test_targets_unknown", "test_targets_tied"), 20
    )
    info["settings"]["limits"] = {"size_bytes": 10**5, "median_us": 99.0, "peak_memory_bytes": 9}
    for _ in range(chance.choice([1, 1, 2, 4])):
        mutate(chance, info if chance.random() < 0.3 else chance.choice(records))
    if chance.random() < 0.1:
        records = chance.choice([records[:3], records * 2, []])
    text = "\n".join(map(written, records)).encode("utf-8", "surrogatepass")
    if chance.random() < 0.1:
        place = chance.randrange(len(text) + 1)
        text = chance.choice([text[:place], text[:place] + b"\xff\xfe" + text[place:], b"", b"{}"])
    (folder / "records.jsonl").write_bytes(text)
    (folder / "run.json").write_bytes(written(info).encode("utf-8", "surrogatepass"))
    if chance.random() < 0.1:
        (folder / "run.json").unlink()
    for path in sorted((folder / "artefacts").iterdir()):
        if chance.random() < 0.05:
            content = bytearray(path.read_bytes())
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content[: chance.choice([len(content), 40, 0])])
    return folder


def answers(whole, folder, pages):
    """All that is asked of a run, with its name."""
    run, kinds = read_run(folder), FORMATS if pages else FORMATS[:3]
    for before, after in ((whole, run), (run, whole)):
        yield (
            "compare",
            lambda a=before, b=after: [
                plugins.comparing(kind).compare(compare(a, b)) for kind in kinds
            ],
        )
        yield "gate", lambda a=before, b=after: judge(BUDGET, b, read_against(a.folder)).summary
    for kind in kinds:
        yield kind, lambda kind=kind: plugins.report(kind).render(run)
    if pages:
        yield "against", lambda: plugins.report("html").render(whole, run)


def tried(number, whole, folder):
    """What was refused; anything but an error of ours is one of rbench's."""
    refused = []
    try:
        for name, ask in answers(whole, mutated(number, whole, folder), pages=number % 10 == 0):
            try:
                ask()
            except RbenchError as error:
                refused.append(f"{name}: {error}")
    except RbenchError as error:
        refused.append(f"read: {error}")
    return refused


@pytest.fixture(scope="module")
def refusals(whole, tmp_path_factory):
    """Number of a mutated run -> what was refused of it."""
    return cache(lambda number: tried(number, whole, tmp_path_factory.mktemp("mutated") / "run"))


@pytest.mark.parametrize("number", range(40))
def test_a_mutated_run_is_answered_or_refused(number, refusals):
    for why in refusals(number):
        assert len(why) < 10_000


@pytest.mark.slow
def test_many_mutated_runs_are_answered_or_refused(whole, tmp_path):
    for number in range(1_000, 1_040):
        tried(number, whole, tmp_path / str(number))
        shutil.rmtree(tmp_path / str(number))


def test_mutations_reach_what_they_should(refusals):
    """A share of the mutated runs is read, and a share is refused: neither alone tests much."""
    read = [not refusals(number) for number in range(40)]
    assert 5 < sum(read) < 35
