"""How small a loss a run's users show, and that the gate says so."""

import numpy as np

from rbench.gate import judge, parse_budget, read_against
from rbench.gate.sensitivity import sensitivity
from rbench.metrics.found import gains
from rbench.stats import ALPHA, minimum_detectable_loss
from rbench.testing.runs import example_run


def test_a_run_s_sensitivity_is_that_of_its_most_different_pair(tmp_path):
    run = example_run(tmp_path, encoders=("bow", "gru"), recipes=("float32", "dynamic_wi8"))
    found = sensitivity(run)
    one = {str(record.cell): record for record in run.records}

    def gained(name):
        path = run.artefact(one[f"{name} x cpu"].quality.ranks)
        return gains("ndcg@10", np.load(path)["ranks"])

    losses = [
        minimum_detectable_loss(gained(f"{encoder} x float32"), gained(f"{encoder} x {recipe}"))
        for encoder in ("bow", "gru")
        for recipe in ("float32", "dynamic_wi8")
    ]
    assert found.loss == max(losses)
    assert found.users == 300
    assert " x dynamic_wi8 beside " in found.pair
    assert found.sentence.startswith("users=300: a loss of ndcg@10 below ")
    assert sensitivity(run, "coverage") is None


def test_without_ranks_nothing_is_said(tmp_path):
    run = example_run(tmp_path, encoders=("bow",), recipes=("float32",), users=20, samples=30)
    for path in (tmp_path / "artefacts").iterdir():
        path.unlink()
    assert sensitivity(run) is None


def test_the_gate_says_how_small_a_loss_it_sees(tmp_path):
    """For limits on a loss, at the share of the false alarms that falls to each question."""
    run = example_run(tmp_path, encoders=("bow", "gru"), recipes=("float32",), users=200)
    budget = parse_budget(
        '[[cells]]\nquality."ndcg@10" = { max_loss = "2%" }\nquality.mrr = { min = 0.0 }\n'
    )
    notes = judge(budget, run, read_against(run.folder)).notes
    assert notes == (sensitivity(run, "ndcg@10", ALPHA / 2).sentence,)
    assert not judge(parse_budget('[[cells]]\nsize = { max = "1GB" }'), run).notes
