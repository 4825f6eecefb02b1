"""The same question has one answer, whichever command or page is asked."""

import hashlib
import io
import shutil

import msgspec
import numpy as np
import pytest

from rbench.compare import compare
from rbench.gate import judge, parse_budget, read_against
from rbench.metrics.found import gains
from rbench.records import Estimate
from rbench.records.run_folder import read_run, write_records
from rbench.testing.runs import example_run
from rbench_reports import against, paired
from rbench_reports.cells import Sheet

GRID = {"encoders": ("gru",), "recipes": ("float32", "dynamic_wi8"), "targets": ("cpu",)}
BUDGET = parse_budget(
    '[[cells]]\nrecipe = "dynamic_wi8"\nquality."ndcg@10" = { max_loss = "0%" }\n'
)


@pytest.mark.parametrize("seed", [2, 3])
def test_a_report_against_a_run_says_what_compare_says(tmp_path, seed):
    grid = {**GRID, "encoders": ("bow", "gru")}
    before, after = (
        example_run(tmp_path / "a", **grid),
        example_run(tmp_path / "b", seed=seed, **grid),
    )
    told = {
        (one.encoder, one.recipe, one.metric): one for one in compare(before, after).differences
    }
    shown = against.compare(after, Sheet.of(after), before).differences
    assert len(shown) == 4
    for cell in shown:
        for metric, (_, _, words) in (
            ("size", cell.size),
            ("ndcg@10", cell.ndcg),
            ("latency", cell.latency),
        ):
            verdict = told[cell.cell.encoder, cell.cell.recipe, metric].verdict
            assert words == "same" or verdict in words, (metric, words, verdict)


def spoilt(run, share):
    """The run with so many of the int8 file's users out of the list, and consistent records."""
    float32 = run.records[0].quality
    ranks = np.load(run.artefact(float32.ranks))["ranks"].copy()
    random = np.random.default_rng(1)
    ranks[random.random(len(ranks)) < share] = 0
    better = random.random(len(ranks)) < 0.1
    ranks[better] = np.maximum(ranks[better] - 1, ranks[better] > 0)
    content = io.BytesIO()
    np.savez(content, ranks=ranks)
    name = hashlib.sha256(content.getvalue()).hexdigest()
    run.artefact(name).write_bytes(content.getvalue())
    mean = float(gains("ndcg@10", ranks).mean())
    found = Estimate(value=mean, low=0.9 * mean, high=min(1.0, 1.1 * mean))
    quality = msgspec.structs.replace(float32, ranks=name, metrics={"ndcg@10": found})
    records = [
        record
        if record.cell.recipe == "float32"
        else msgspec.structs.replace(record, quality=quality)
        for record in run.records
    ]
    write_records(run.folder / "records.jsonl", records)
    return read_run(run.folder)


@pytest.mark.parametrize("share", [0.0, 0.03, 0.06, 0.1, 0.3])
def test_the_page_s_loss_against_float32_is_the_gate_s(tmp_path, share):
    """Asked the same: the baseline is the run in which the file scores as its float32 does."""
    plain = example_run(tmp_path / "plain", **GRID)
    run = spoilt(plain, share)
    shutil.copytree(run.folder, tmp_path / "baseline")
    same = [
        msgspec.structs.replace(record, quality=run.records[0].quality) for record in run.records
    ]
    write_records(tmp_path / "baseline" / "records.jsonl", same)
    page = paired.pairs(run, Sheet.of(run)).files["gru", "dynamic_wi8"].difference
    verdict = judge(BUDGET, run, read_against(tmp_path / "baseline"))
    (gate,) = [one for one in verdict.findings if one.check == "ndcg@10 loss"]
    assert gate.number == pytest.approx(-page.share)
    assert gate.interval == pytest.approx((-page.high, -page.low))
    assert (gate.status == "fail") == (page.word == "worse")
    assert (page.word == "worse") == (share == 0.3)
