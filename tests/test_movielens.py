"""A real log: what is understood of it, and that learning from it beats popularity."""

from importlib.util import find_spec

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("training needs rbench[sweep]", allow_module_level=True)

import rbench

pytestmark = pytest.mark.slow


def test_a_bag_of_words_beats_popularity_soon(movielens_small, own_store, tmp_path):
    study = rbench.Study.build(
        {
            "encoders": ["bow"],
            "recipes": ["float32", "dynamic_wi8"],
            "targets": ["xnnpack"],
            "data": {"path": str(movielens_small), "min_interactions": 5},
            "train": {"epochs": 3},
            # What is learnt is looked at, not how long it takes.
            "profile": {
                **{"rounds": 2, "instances": 1, "min_runs": 20, "min_seconds": 0.01},
                **{"warmup_runs": 2, "warmup_seconds": 0.0, "op_runs": 0},
            },
        }
    )
    run = rbench.sweep(study, tmp_path / "run")
    data, baselines = run.info.data, run.info.baselines
    assert (data.users, data.items, data.interactions) == (610, 3650, 90274)
    assert baselines["popularity"].metrics["ndcg@10"].value == pytest.approx(0.0204, abs=0.003)
    assert baselines["markov"].metrics["ndcg@10"].value == pytest.approx(0.0767, abs=0.003)
    full, small = run.records
    popular = baselines["popularity"].metrics["ndcg@10"].value
    assert full.quality.metrics["ndcg@10"].value > 1.5 * popular
    assert small.quality.metrics["ndcg@10"].value > 1.5 * popular
    assert small.model.size_bytes < 0.6 * full.model.size_bytes
    assert full.quality.parity.top10_overlap == 1
