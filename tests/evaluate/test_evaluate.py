"""The stage from end to end: a file, a reference, users; and what it costs to import."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rbench.data.dataset import Dataset
from rbench.evaluate import EvaluateSettings, evaluate
from rbench.metrics.found import gains, names
from rbench.progress import Progress

ITEMS, WIDTH, LENGTH = 25, 5, 4


def test_a_file_is_scored_for_every_user(
    make_dataset: Callable[..., Dataset], make_file: Callable[..., Path], tmp_path: Path
) -> None:
    generator = np.random.default_rng(4)
    lookup = generator.normal(size=(ITEMS + 1, WIDTH)).astype(np.float32)
    lookup[0] = 0
    table = lookup[1:]
    histories = [generator.integers(0, ITEMS + 1, generator.integers(1, 8)) for _ in range(50)]
    targets = generator.integers(0, ITEMS + 1, 50)
    dataset = make_dataset([[1]], targets, ITEMS, histories)
    contexts = dataset.test.contexts(LENGTH)
    scores = lookup[contexts].sum(axis=1) @ table.T
    reference = tmp_path / "reference.npz"
    np.savez(reference, contexts=contexts[:20], scores=scores[:20])
    expected = []
    for user, target in enumerate(targets):
        row, left = scores[user], set(range(1, ITEMS + 1)) - set(histories[user])
        order = sorted(left, key=lambda item: (-row[item - 1], item))
        expected.append(order.index(target) + 1 if target in order else 0)

    told: list[Progress] = []
    model = make_file(lookup, table, LENGTH, 10)
    found = evaluate(EvaluateSettings(), model, reference, dataset, tmp_path, told.append)

    assert found.users == 50
    assert tuple(found.metrics) == names()
    for name in names():
        mean = gains(name, np.array(expected)).mean()
        assert found.metrics[name].value == pytest.approx(mean)
        assert found.metrics[name].low <= mean <= found.metrics[name].high
    assert 0 < found.coverage <= 1
    assert found.parity is not None
    assert found.parity.contexts == 20
    assert found.parity.max_score_difference < 1e-5
    assert found.parity.top10_overlap == 1
    ranks = tmp_path / "ranks.npz"
    assert np.load(ranks)["ranks"].tolist() == expected
    assert hashlib.sha256(ranks.read_bytes()).hexdigest() == found.ranks
    assert (told[-1].done, told[-1].total) == (50, 50)
    again = evaluate(EvaluateSettings(), model, reference, dataset, tmp_path, told.append)
    assert again == found


@pytest.mark.parametrize("wrong", [{"bootstrap": 0}, {"parity_contexts": 0}, {"seed": -1}])
def test_settings_out_of_range(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be a whole number"):
        EvaluateSettings(**wrong)


def test_importing_the_stage_brings_nothing_heavy() -> None:
    code = (
        "import sys, rbench.evaluate; heavy = {'tensorflow', 'tf_keras', 'ai_edge_litert', "
        "'scipy', 'pandas'}; sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
