"""The baselines on MovieLens reach figures known from independent computations.

ml-latest-small, iterative 5-core, leave-one-out, stable order, history filtered. The log is
looked for in ``../shared/data/ml-latest-small``, beside the checkout.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from rbench import data
from rbench.data.dataset import Dataset
from rbench.data.settings import DataSettings
from rbench.evaluate import EvaluateSettings, baselines
from rbench.evaluate.markov import Markov
from rbench.evaluate.scoring import score_users
from rbench.metrics.found import gains
from rbench.progress import silent

pytestmark = pytest.mark.slow
LOG = Path(__file__).parents[3] / "shared" / "data" / "ml-latest-small"
WITHIN = 0.003


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    if not LOG.is_dir():
        pytest.skip(f"no MovieLens log at {LOG}")
    return data.load(DataSettings(path=str(LOG), min_interactions=5))


def test_the_baselines(dataset: Dataset, tmp_path: Path) -> None:
    found = baselines(EvaluateSettings(), dataset, tmp_path, silent)
    figures = {
        name: (quality.metrics["recall@10"].value, quality.metrics["ndcg@10"].value)
        for name, quality in found.items()
    }
    assert figures["popularity"] == pytest.approx((0.0426, 0.0204), abs=WITHIN)
    assert figures["markov"] == pytest.approx((0.1393, 0.0767), abs=WITHIN)
    assert figures["pctm"] == pytest.approx((0.1459, 0.0795), abs=WITHIN)
    assert figures["popularity"] < figures["item-knn"] < figures["markov"]


def test_first_order_markov(dataset: Dataset) -> None:
    first_order = Markov(dataset, window=1, last=1)
    outcome = score_users(
        first_order, dataset.test.contexts(1), dataset, EvaluateSettings(), silent
    )
    means = {name: gains(name, outcome.ranks).mean() for name in ("recall@10", "ndcg@10")}
    assert means["recall@10"] == pytest.approx(0.0869, abs=WITHIN)
    assert means["ndcg@10"] == pytest.approx(0.0526, abs=WITHIN)
