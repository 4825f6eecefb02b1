import shutil

import msgspec
import numpy as np
import pytest

from rbench.metrics.found import gains
from rbench.records.artefacts import read_ranks
from rbench_reports import noise, seeds
from rbench_reports.cells import Sheet
from rbench_reports.numbers import SCORE
from rbench_reports.paired import difference, pairs

FILE = ("gru", "dynamic_wi8")


def pairing_of(run):
    return pairs(run, Sheet.of(run))


def records_of(run):
    return {(r.cell.encoder, r.cell.recipe): r for r in run.records if r.quality}


def test_the_same_gains_differ_by_nothing():
    gained = np.array([0.0, 1.0, 0.5, 0.0])
    found = difference(gained, gained)
    assert (found.share, found.low, found.high) == (0.0, 0.0, 0.0)
    assert (found.word, found.interval) == ("the same", "")


def test_a_loss_of_every_user_is_told_exactly():
    gained = np.linspace(0.1, 1.0, 50)
    found = difference(gained, 0.9 * gained)
    assert (found.share, found.low, found.high) == pytest.approx((-0.1, -0.1, -0.1))
    assert (found.word, found.sign) == ("worse", "▼")
    assert difference(gained, 1.1 * gained).word == "better"


def test_the_interval_is_the_one_of_drawing_users():
    random = np.random.default_rng(3)
    before = (random.random(400) < 0.2) * random.random(400)
    after = before * (random.random(400) < 0.9)
    drawn = random.integers(0, 400, size=(8000, 400))
    shares = after[drawn].mean(axis=1) / before[drawn].mean(axis=1) - 1
    found = difference(before, after)
    assert found.share == pytest.approx(after.mean() / before.mean() - 1)
    ends = np.percentile(shares, (0.25, 99.75))
    assert (found.low, found.high) == pytest.approx(ends, abs=0.03)


def test_equal_files_are_rarely_called_different():
    random = np.random.default_rng(5)
    words = []
    for _ in range(300):
        ease = random.random(300)
        one, other = ((random.random(300) < ease * 0.4) * 1.0 for _ in range(2))
        words.append(difference(one, other).word)
    assert words.count("no difference shown") >= 0.98 * len(words)


@pytest.mark.parametrize("before", [np.zeros(4), np.zeros(0), np.ones(3)])
def test_what_cannot_be_paired(before):
    assert difference(before, np.zeros(4)) is None


def test_a_files_difference_is_that_of_its_ranks(rich):
    found = pairing_of(rich).files[FILE]
    records = records_of(rich)
    mine, theirs = (
        gains("ndcg@10", read_ranks(rich, records[name].quality).values)
        for name in (FILE, ("gru", "float32"))
    )
    assert found.difference.share == pytest.approx(mine.mean() / theirs.mean() - 1)
    assert found.difference.low <= found.difference.share <= found.difference.high
    assert 0 < found.smallest < 1


def test_ranks_that_were_changed_are_not_paired_by(rich, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(rich.folder, folder)
    np.savez(folder / "artefacts" / f"{records_of(rich)[FILE].quality.ranks}.npz", ranks=[np.nan])
    found = pairing_of(msgspec.structs.replace(rich, folder=folder)).files[FILE]
    assert found.difference is None
    assert "is not the file that was recorded" in found.missing


def test_without_ranks_or_reference_it_says_what_is_missing(rich, change):
    def forget(record):
        quality = record.quality and msgspec.structs.replace(record.quality, ranks="")
        return msgspec.structs.replace(record, quality=quality)

    blind = pairing_of(change(rich, forget)).files[FILE]
    assert (blind.difference, blind.missing) == (None, "the ranks of both are needed")

    def move(record):
        elsewhere = record.cell.recipe == "float32"
        return msgspec.structs.replace(record, data="x") if elsewhere else record

    alone = pairing_of(change(rich, move)).files[FILE]
    assert alone.difference is None
    assert alone.missing.startswith("no float32 of this encoder on the same users")


def test_every_seed_is_shown_with_the_mean(rich):
    pairing = pairing_of(rich)
    assert pairing.seeds == (1, 2, 3)
    row = next(r for r in seeds.seed_rows(pairing) if (r.encoder, r.recipe) == FILE)
    record = records_of(rich)[FILE]
    qualities = [record.quality, *(replicate.quality for replicate in record.replicates)]
    values = [quality.metrics["ndcg@10"].value for quality in qualities]
    assert [value for value, _ in row.scores] == [SCORE.text(value) for value in values]
    assert row.mean == SCORE.text(float(np.mean(values)))
    assert row.spread == SCORE.text(float(np.std(values, ddof=1)))
    assert all(" to " in versus for _, versus in row.scores)
    assert row.paired.over_seeds.low <= row.paired.over_seeds.share <= row.paired.over_seeds.high


def test_one_seed_has_no_table(run):
    assert seeds.seed_rows(pairing_of(run)) == ()


def test_noise_is_told_by_target_and_what_is_missing_too(rich, run):
    texts = [one.text for one in noise.resolutions(rich)]
    assert texts[0].startswith("On cpu, differences of latency below 1.2 % are noise")
    assert "was not measured on benchmark_model/gpu" in texts[1]
    assert texts[2].startswith("With 300 users a loss of NDCG@10 below ")
    assert [one.known for one in noise.resolutions(rich)] == [True, False, True]
    assert "was not measured on cpu, xnnpack" in noise.resolutions(run)[0].text


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"noise": None},
        {"noise": [1]},
        {"noise": {"cpu": 0.1}},
        {"noise": {"cpu": {"difference": "0.1"}}},
        {"noise": {"cpu": {"difference": float("nan")}}},
        {"noise": {"cpu": {"difference": -1.0}}},
    ],
)
def test_noise_that_is_not_understood(details):
    assert noise.noise_of(details) == {}
