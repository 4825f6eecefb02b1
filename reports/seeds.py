"""The same file from several seeds: what training by chance alone makes of the quality."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import stdev

from rbench_reports.numbers import MISSING, SCORE
from rbench_reports.paired import REFERENCE, Paired, Pairing


@dataclass(frozen=True)
class SeedRow:
    """One file."""

    encoder: str
    recipe: str
    scores: tuple[tuple[str, str], ...]
    """Per seed of the run: (NDCG@10, its paired change against float32 of the same seed)."""
    mean: str
    spread: str
    """Standard deviation over the seeds."""
    paired: Paired

    @property
    def reference(self) -> bool:
        return self.recipe == REFERENCE


def seed_rows(pairing: Pairing) -> tuple[SeedRow, ...]:
    """One row per file, if there is more than one seed."""
    if len(pairing.seeds) < 2:
        return ()
    return tuple(
        _row(encoder, recipe, found, pairing.seeds)
        for (encoder, recipe), found in pairing.files.items()
        if found.scores
    )


def _row(encoder: str, recipe: str, found: Paired, seeds: tuple[int, ...]) -> SeedRow:
    by_seed = {score.seed: score for score in found.scores}
    scores = []
    for seed in seeds:
        score = by_seed.get(seed)
        value = SCORE.text(score.value) if score else MISSING
        beside = score.difference if score and recipe != REFERENCE else None
        scores.append((value, f"{beside.text} ({beside.interval})" if beside else ""))
    values = [score.value for score in found.scores]
    return SeedRow(
        encoder,
        recipe,
        tuple(scores),
        SCORE.text(found.mean),
        SCORE.text(stdev(values)) if len(values) > 1 else MISSING,
        found,
    )
