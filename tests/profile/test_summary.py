"""Pooling rounds: known numbers, deterministic files, and verdicts both ways."""

import hashlib
import re

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rbench.cells.target import Target
from rbench.errors import StageError
from rbench.profile import ProfileSettings, Round, summarise
from rbench.profile import samples as files
from rbench.profile.result import Stopwatch, Surroundings
from rbench.records import Delegation, Timing

CPU = Target("cpu")
LOOSE = ProfileSettings(rounds=2, min_runs=1, min_seconds=0)


def steady(seed: int = 0, runs: int = 2000, median: int = 5000) -> np.ndarray:
    """Microsecond samples as a quiet machine gives them: a narrow body, a long thin tail."""
    rng = np.random.default_rng(seed)
    body = rng.normal(median, median / 100, runs)
    return np.where(rng.random(runs) < 0.002, body * 20, body)


def test_known_numbers(make_round, tmp_path):
    rounds = [
        make_round(0, np.arange(1, 51) * 1000, load_us=10.0, peak_memory_bytes=7),
        make_round(1, np.arange(51, 102) * 1000, load_us=20.0, first_us=50.0),
    ]
    timing, delegation = summarise(LOOSE, CPU, rounds, tmp_path)
    assert (timing.rounds, timing.runs) == (2, 101)
    assert timing.median_us == 51
    assert timing.mean_us == pytest.approx(51)
    assert timing.std_us == pytest.approx(np.std(np.arange(101), ddof=1))
    assert (timing.min_us, timing.p90_us, timing.p95_us, timing.p99_us) == (1, 91, 96, 100)
    assert timing.quantiles_us == tuple(float(n) for n in range(1, 102))
    assert timing.round_medians_us == (25.5, 76)
    assert (timing.load_us, timing.first_us) == (15, 40)
    assert timing.peak_memory_bytes == 1_000_000
    assert delegation.nodes_total == 5


def test_the_artefact_holds_every_sample_under_its_hash(make_round, tmp_path):
    rounds = [make_round(0, [5000, 5001]), make_round(1, [5002, 5003, 5004])]
    hashes = set()
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        timing, _ = summarise(LOOSE, CPU, rounds[:: 1 if name == "a" else -1], folder)
        content = (folder / "samples.npz").read_bytes()
        assert timing.samples == hashlib.sha256(content).hexdigest()
        hashes.add(timing.samples)
    assert len(hashes) == 1, "the order in which rounds are named changes nothing"
    with np.load(tmp_path / "a" / "samples.npz") as file:
        assert file["samples_ns"].dtype == np.uint32
        assert file["round"].dtype == np.int32
        assert file["samples_ns"].tolist() == [5000, 5001, 5002, 5003, 5004]
        assert file["round"].tolist() == [0, 0, 1, 1, 1]


def test_the_whole_query_is_pooled_beside_the_invoke(make_round, tmp_path):
    """Over all rounds' queries, as the median is; none where a tool does not tell them."""
    rounds = [make_round(0, [5000, 5001]), make_round(1, [5002, 5003, 5004])]
    assert summarise(LOOSE, CPU, rounds, tmp_path)[0].query_us is None
    for place, wholes in zip(rounds, ([6000, 6001], [7000, 7001, 7002]), strict=True):
        made = files.read(place).samples_ns
        files.write(place, made, query_ns=np.array(wholes, np.uint32))
    timing, _ = summarise(LOOSE, CPU, rounds, tmp_path)
    assert (timing.timed, timing.median_us, timing.query_us) == ("invoke", 5.002, 7)


def test_a_round_with_other_samples_than_runs_is_torn(make_round, tmp_path):
    with pytest.raises(StageError, match="a round of 3 runs with 2 samples"):
        summarise(LOOSE, CPU, [make_round(0, [5000, 5001], runs=3)], tmp_path)
    place = make_round(1, [5000, 5001])
    files.write(place, np.array([1, 2], np.uint32), query_ns=np.array([1], np.uint32))
    with pytest.raises(StageError, match="a round of 2 runs with"):
        summarise(LOOSE, CPU, [place], tmp_path)


def test_quiet_rounds_are_stable(make_round, tmp_path):
    rounds = [make_round(number, steady(number)) for number in range(3)]
    protocol = ProfileSettings(rounds=3, min_runs=1000, min_seconds=0.01)
    timing, _ = summarise(protocol, CPU, rounds, tmp_path)
    assert (timing.verdict, timing.reasons) == ("stable", ())
    assert msgspec.json.decode(msgspec.json.encode(timing), type=Timing) == timing


@pytest.mark.parametrize(
    ("second", "facts", "reason"),
    [
        (steady(1, median=5800), {}, "rounds disagree by 1[5-7] %"),
        (np.concatenate([steady(1)[:1100], steady(2)[:900] * 1.12]), {}, "round 1 drifts"),
        (np.where(np.arange(2000) % 5 < 3, steady(1), steady(2) * 1.5), {}, "round 1 is wide"),
        (
            steady(1),
            {"surroundings": Surroundings(cores=2, others_cores=1.5)},
            "in round 1 other processes used 1.50 of 2 cores, the query 1",
        ),
        (
            steady(1),
            {"surroundings": Surroundings(cores=2, load_average=2.4)},
            "load average 2.4 on 2 cores before round 1",
        ),
        (
            steady(1),
            {"surroundings": Surroundings(cores=2, others_cores=0, stolen_share=0.07)},
            "withheld 7.0%",
        ),
    ],
)
def test_noise_is_unstable_and_says_why(make_round, tmp_path, second, facts, reason):
    rounds = [make_round(0, steady(0)), make_round(1, second, **facts)]
    timing, _ = summarise(LOOSE, CPU, rounds, tmp_path)
    assert timing.verdict == "unstable"
    assert len(timing.reasons) == 1
    assert pytest.approx(timing.median_us, rel=0.3) == 5
    assert re.search(reason, timing.reasons[0])


def test_one_reason_for_the_same_fault_in_many_rounds(make_round, tmp_path):
    busy = {"surroundings": Surroundings(cores=2, others_cores=1.5)}
    rounds = [make_round(number, steady(number), **busy) for number in range(3)]
    protocol = msgspec.structs.replace(LOOSE, rounds=3)
    timing, _ = summarise(protocol, CPU, rounds, tmp_path)
    (reason,) = timing.reasons
    assert reason.endswith("so 2 more rounds")


def test_a_busy_neighbour_on_a_free_core_is_no_crowd(make_round, tmp_path):
    around = {"surroundings": Surroundings(cores=2, others_cores=1.0, load_average=9.0)}
    rounds = [make_round(number, steady(number), **around) for number in range(2)]
    assert summarise(LOOSE, CPU, rounds, tmp_path)[0].verdict == "stable"
    two = summarise(LOOSE, Target("cpu", threads=2), rounds, tmp_path)[0]
    assert two.verdict == "unstable"
    four = summarise(LOOSE, Target("cpu", threads=4), rounds, tmp_path)[0]
    assert "4 threads on 2 cores" in four.reasons


def test_cut_timings_are_unstable(make_round, tmp_path):
    rounds = [make_round(number, steady(number, runs=100)) for number in range(2)]
    protocol = ProfileSettings(rounds=3, min_runs=1000, min_seconds=1)
    timing, _ = summarise(protocol, CPU, rounds, tmp_path)
    assert timing.verdict == "unstable"
    assert timing.reasons[:3] == (
        "2 of 3 rounds",
        "too few runs: 200 of 1000 in 0.001 s",
        "too short: 0.001 of 1 s timed",
    )


@pytest.mark.parametrize(
    ("samples", "facts", "reason"),
    [
        ([0, 5000, 5000], {}, "1 of 6 samples are 0 ns"),
        (
            [5000] * 3,
            {"stopwatch": Stopwatch(tick_ns=1000, clock_overhead_ns=0, call_overhead_ns=0)},
            "ticks every 1000 ns, a query takes 5000 ns",
        ),
        (
            [5000] * 3,
            {"stopwatch": Stopwatch(tick_ns=1, clock_overhead_ns=40, call_overhead_ns=4000)},
            "the measuring takes 4000 ns of a query's 5000 ns",
        ),
        (
            [5000] * 3,
            {
                "delegation": Delegation(
                    delegate="cpu", nodes_total=5, nodes_delegated=2, partitions=1
                )
            },
            "different nodes in different rounds",
        ),
    ],
)
def test_numbers_that_lie_are_invalid_and_kept(make_round, tmp_path, samples, facts, reason):
    rounds = [make_round(0, [5000] * 3), make_round(1, samples, **facts)]
    timing, _ = summarise(LOOSE, CPU, rounds, tmp_path)
    assert timing.verdict == "invalid"
    assert reason in timing.reasons[0]
    assert timing.median_us == 5


def uneven(seed: int, share: float, apart: float) -> np.ndarray:
    """Queries of two speeds, in turn."""
    slow = np.arange(2000) % 100 < 100 * share
    return np.where(slow, steady(seed) * (1 + apart), steady(seed + 9))


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize(
    ("apart", "words"), [(0.18, "is uneven"), (0.6, "is wide"), (0.05, None), (0.18, None)]
)
def test_a_median_between_two_speeds_is_said_on_a_busy_machine_too(
    make_round, tmp_path, busy, apart, words
):
    """Half of the queries are slower; with a tenth of them the median stands well."""
    share = 0.5 if words or apart < 0.1 else 0.1
    around = Surroundings(cores=2, others_cores=1.9 if busy else 0.0)
    rounds = [make_round(n, uneven(n, share, apart), surroundings=around) for n in range(2)]
    timing, _ = summarise(LOOSE, CPU, rounds, tmp_path)
    said = [reason for reason in timing.reasons if "the mean, " in reason]
    assert len(said) == bool(words)
    if words:
        assert words in said[0]
        assert "says more than the median" in said[0]
    assert any("busy machine" in reason for reason in timing.reasons) == busy


def test_a_mean_that_long_runs_carry_is_not_recommended(make_round, tmp_path):
    """One run of a hundred was interrupted for long: the mean is a multiple of every speed."""
    rounds = []
    for number in range(2):
        samples = uneven(number, 0.5, 0.6)
        samples[50::100] *= 200
        rounds.append(make_round(number, samples))
    timing, _ = summarise(LOOSE, CPU, rounds, tmp_path)
    (reason,) = [reason for reason in timing.reasons if "two speeds" in reason]
    assert "says more than the median" not in reason
    assert "a few long ones the mean" in reason


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"stopwatch": None}, "does not tell what its measuring costs"),
        ({"number": 0}, "a round was counted twice: their numbers are 0, 0"),
        ({"median_us": 0.0}, "a round's median is 0 us, which is no time"),
        ({"median_us": -3.0}, "a round's median is -3 us, which is no time"),
    ],
)
def test_rounds_that_are_none_are_invalid(make_round, tmp_path, facts, reason):
    good = make_round(0, steady(0))
    odd = make_round(1, steady(1), **facts)
    timing, _ = summarise(LOOSE, CPU, [good, odd], tmp_path)
    assert timing.verdict == "invalid"
    assert any(reason in said for said in timing.reasons)


def test_no_clock_is_so_even(make_round, tmp_path):
    rounds = [make_round(number, [5000] * 500) for number in range(2)]
    timing, _ = summarise(LOOSE, CPU, rounds, tmp_path)
    assert (timing.verdict, timing.reasons) == (
        "invalid",
        ("all 1000 samples are 5000 ns: no clock is so even",),
    )


def test_unreadable_rounds_are_stage_errors(make_round, tmp_path):
    with pytest.raises(StageError, match="no round"):
        summarise(LOOSE, CPU, [], tmp_path)
    with pytest.raises(StageError, match="without samples"):
        summarise(LOOSE, CPU, [make_round(0, [])], tmp_path)
    torn = make_round(1, [5000])
    (torn / "samples.npz").write_bytes(b"PK")
    with pytest.raises(StageError, match="cannot read a round"):
        summarise(LOOSE, CPU, [torn], tmp_path)
    with pytest.raises(StageError, match="cannot read a round"):
        summarise(LOOSE, CPU, [tmp_path / "nowhere"], tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    parts=st.lists(
        st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=30), min_size=1, max_size=4
    )
)
def test_any_samples_give_ordered_finite_numbers(tmp_path_factory, parts):

    folder = tmp_path_factory.mktemp("rounds")
    made = []
    for number, part in enumerate(parts):
        place = folder / str(number)
        place.mkdir()
        files.write(place, np.array(part, np.uint32))
        round_ = _round(number, len(part))
        (place / "result.json").write_bytes(msgspec.json.encode(round_))
        made.append(place)
    timing, _ = summarise(LOOSE, CPU, made, folder)
    everything = np.concatenate([np.array(part) for part in parts]) / 1000
    assert timing.runs == len(everything)
    assert timing.min_us == everything.min() == timing.quantiles_us[0]
    assert timing.quantiles_us[100] == pytest.approx(everything.max())
    assert list(timing.quantiles_us) == sorted(timing.quantiles_us)
    assert timing.min_us <= timing.median_us <= timing.p90_us <= timing.p95_us <= timing.p99_us
    assert np.isfinite([timing.mean_us, timing.std_us]).all()
    assert (timing.verdict == "stable") == (timing.reasons == ())


def _round(number: int, runs: int) -> Round:
    return Round(
        number=number,
        runs=runs,
        warmup_runs=1,
        median_us=1.0,
        load_us=1.0,
        first_us=1.0,
        peak_memory_bytes=0,
        memory_source="none",
        delegation=Delegation(delegate="cpu", nodes_total=1, nodes_delegated=0, partitions=0),
        subgraphs=1,
        contexts=1,
        offset=0,
        runtime="none",
        stopwatch=Stopwatch(tick_ns=1, clock_overhead_ns=30, call_overhead_ns=100),
        surroundings=Surroundings(cores=2, others_cores=0.0),
    )
