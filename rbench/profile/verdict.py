"""When a timing can be trusted.

``invalid``: the numbers do not say what they seem to. ``unstable``: they do, but the same
measurement made again may well say something else. ``stable``: no reason against it was found.
Numbers are kept either way, and every reason carries the figures that it rests on.

The rules are for samples of microseconds. Those have long tails of interrupts, so means and
standard deviations, on which pyperf's rules for longer benchmarks rest, would call everything
unstable; these look at medians and quartiles.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING

from rbench.cells.target import Target
from rbench.profile.result import Round
from rbench.profile.settings import ProfileSettings
from rbench.records import Stability

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = Sequence[NDArray[np.uint32]]

ROUNDS_SPREAD = 0.10
"""Distance of the slowest round's median from the fastest's, over the median: rounds are fresh
processes minutes apart, so this is the best sign of what a repetition would say."""
QUARTILES_SPREAD = 0.25
"""Distance between the quartiles over the median."""
DRIFT = 0.10
"""Distance between the medians of a round's halves, over the round's median."""
CROWDING_CORES = 0.25
"""Cores that others may use beyond those that timing leaves free."""
STOLEN_SHARE = 0.02
"""Share of the machine's time that a hypervisor may give to others."""
STOPWATCH_SHARE = 0.5
"""Part of the median that the measuring itself may make up."""
FEWEST_FOR_DRIFT = 40
"""Runs in a round below which halves say nothing."""
GAP = 0.10
"""Distance between the 40 % and the 60 % quantile over the median, from which on the median stands
between two speeds and few runs decide which of them it tells."""


def judge(
    settings: ProfileSettings,
    target: Target,
    rounds: Sequence[Round],
    samples: Samples,
    doubts: Sequence[str] = (),
) -> tuple[Stability, tuple[str, ...]]:
    """The verdict on one cell and the reasons for it, none if it is ``stable``.

    Args:
        samples: nanoseconds, one array (runs,) per round, in the order of ``rounds``.
        doubts: reasons of the tool's own against the rounds.
    """
    wrong = (*_invalid(rounds, samples),)
    runs = sum(len(part) for part in samples)
    pairs = zip(rounds, samples, strict=True)
    seconds = sum(one.batch * float(part.sum(dtype="uint64")) for one, part in pairs) / 1e9
    software = (*simulated(rounds),)
    shaky = software or (
        *short(settings, len(rounds), runs, seconds),
        *_spread(samples),
        *crowded(target, rounds),
        *doubts,
    )
    if wrong:
        return "invalid", wrong + shaky
    return ("unstable", shaky) if shaky else ("stable", ())


def _invalid(rounds: Sequence[Round], samples: Samples) -> Iterator[str]:
    import numpy as np

    pooled = np.concatenate(samples)
    median = float(np.median(pooled))
    zeros = int(np.count_nonzero(pooled == 0))
    if zeros:
        yield f"{zeros} of {len(pooled)} samples are 0 ns: the clock is too coarse"
    if len(pooled) >= FEWEST_FOR_DRIFT and pooled.min() == pooled.max():
        yield f"all {len(pooled)} samples are {median:.0f} ns: no clock is so even"
    watches = [round_.stopwatch for round_ in rounds if round_.stopwatch]
    if len(watches) < len(rounds):
        yield "a round does not tell what its measuring costs"
    tick = max((watch.tick_ns for watch in watches), default=0)
    if tick > 0.1 * median:
        yield f"the clock ticks every {tick} ns, a query takes {median:.0f} ns"
    floor = max((watch.call_overhead_ns for watch in watches), default=0.0)
    if floor > STOPWATCH_SHARE * median:
        yield f"the measuring takes {floor:.0f} ns of a query's {median:.0f} ns"
    yield from unlike(rounds)


def unlike(rounds: Sequence[Round]) -> Iterator[str]:
    """Whether the rounds are of one thing, and that what it seems to be; for all tools."""
    numbers = [round_.number for round_ in rounds]
    if len(set(numbers)) < len(numbers):
        yield f"a round was counted twice: their numbers are {', '.join(map(str, numbers))}"
    odd = [round_.median_us for round_ in rounds if not 0 < round_.median_us < math.inf]
    if odd:
        yield f"a round's median is {odd[0]:g} us, which is no time"
    yield from changed_graph(rounds)
    yield from unreset(rounds)


def changed_graph(rounds: Sequence[Round]) -> Iterator[str]:
    """Whether the delegate took the same nodes each time."""
    if len({_graph(round_) for round_ in rounds}) > 1:
        counts = sorted(
            {found.nodes_delegated for found in (round_.delegation for round_ in rounds) if found}
        )
        yield f"the delegate took different nodes in different rounds ({counts})"


def unreset(rounds: Sequence[Round]) -> Iterator[str]:
    """Whether each query went on from what the last one left."""
    for words in dict.fromkeys(round_.unreset for round_ in rounds if round_.unreset):
        yield (
            f"a state that the tool does not set back ({words}): each query goes on from what the "
            "last one left, so its time is not that of a query by itself"
        )


def _graph(round_: Round) -> tuple[object, ...]:
    found = round_.delegation
    if found is None:
        return ()
    return (
        found.nodes_total,
        found.nodes_delegated,
        found.partitions,
        *sorted(found.left_behind.items()),
    )


def simulated(rounds: Sequence[Round]) -> Iterator[str]:
    """Whether the GPU was a program on the CPU. Then few runs suffice, and nothing else matters."""
    if any(round_.delegation and round_.delegation.software for round_ in rounds):
        yield "software GPU: a correctness check, not a latency"


def short(settings: ProfileSettings, rounds: int, runs: int, seconds: float) -> Iterator[str]:
    """Whether less was done than was asked for."""
    if rounds < settings.rounds:
        yield f"{rounds} of {settings.rounds} rounds"
    if runs < settings.min_runs:
        yield f"too few runs: {runs} of {settings.min_runs} in {seconds:.3g} s"
    # Shares are rounded to nanoseconds per round.
    if seconds < settings.min_seconds - 1e-6:
        yield f"too short: {seconds:.3g} of {settings.min_seconds:g} s timed"


def _spread(samples: Samples) -> Iterator[str]:
    import numpy as np

    yield from disagreement([float(np.median(part)) for part in samples])
    yield from worst(_width(number, part) for number, part in enumerate(samples))
    yield from worst(_drift(number, part) for number, part in enumerate(samples))


def disagreement(medians: Sequence[float]) -> Iterator[str]:
    """Whether rounds disagree.

    Args:
        medians: nanoseconds, one a round.
    """
    low, middle, high = min(medians), median(medians), max(medians)
    if high - low > ROUNDS_SPREAD * middle:
        yield (
            f"rounds disagree by {_percent(high - low, middle)}: their medians go from "
            f"{low / 1000:.4g} to {high / 1000:.4g} us (at most {ROUNDS_SPREAD:.0%})"
        )


Finding = tuple[float, str] | None
"""How bad, and the reason in words; None where nothing is wrong."""


def worst(findings: Iterable[Finding]) -> Iterator[str]:
    """Of what is wrong in several rounds, the worst one and how many more there are."""
    found = [finding for finding in findings if finding]
    if found:
        _, reason = max(found)
        others = len(found) - 1
        yield reason + (f"; so {others} more round{'s' * (others > 1)}" if others else "")


def _width(number: int, part: NDArray[np.uint32]) -> Finding:
    import numpy as np

    lower, faster, median, slower, upper = (
        float(value) / 1000 for value in np.quantile(part, (0.25, 0.4, 0.5, 0.6, 0.75))
    )
    between = ""
    if len(part) >= FEWEST_FOR_DRIFT and slower - faster > GAP * median:
        mean = float(part.mean()) / 1000
        between = f"its median stands between two speeds, {faster:.4g} and {slower:.4g} us: " + (
            f"the mean, {mean:.4g} us, says more than the median"
            if mean <= slower
            else "few runs decide which of them it tells, and a few long ones the mean"
        )
    if upper - lower > QUARTILES_SPREAD * median:
        return upper - lower, (
            f"round {number} is wide: its quartiles lie {_percent(upper - lower, median)} apart, "
            f"{lower:.4g} to {upper:.4g} us (at most {QUARTILES_SPREAD:.0%})"
            + (f"; {between}" if between else "")
        )
    return (upper - lower, f"round {number} is uneven: {between}") if between else None


def _drift(number: int, part: NDArray[np.uint32]) -> Finding:
    import numpy as np

    half = len(part) // 2
    if len(part) < FEWEST_FOR_DRIFT:
        return None
    before, after = float(np.median(part[:half])), float(np.median(part[half:]))
    if abs(after - before) <= DRIFT * float(np.median(part)):
        return None
    return abs(after - before), (
        f"round {number} drifts: median {before / 1000:.4g} us in its first half, "
        f"{after / 1000:.4g} us in its second (at most {DRIFT:.0%})"
    )


def crowded(target: Target, rounds: Sequence[Round]) -> Iterator[str]:
    """Whether something else ran."""
    cores = min(round_.surroundings.cores for round_ in rounds)
    if target.threads > cores:
        yield f"{target.threads} threads on {cores} cores"
    yield from worst(company(target, round_) for round_ in rounds)
    yield from worst(theft(round_) for round_ in rounds)


def company(target: Target, round_: Round) -> Finding:
    """Whether other processes had the cores that a round needed."""
    around = round_.surroundings
    load = around.load_average or 0.0
    if around.others_cores is None:
        if load <= around.cores:
            return None
        return load, (
            f"busy machine: load average {load:g} on {around.cores} cores before round "
            f"{round_.number}"
        )
    free = max(0, around.cores - target.threads)
    if around.others_cores <= free + CROWDING_CORES:
        return None
    return around.others_cores, (
        f"busy machine: in round {round_.number} other processes used {around.others_cores:.2f} "
        f"of {around.cores} cores, the query {target.threads}"
    )


def theft(round_: Round) -> Finding:
    """Whether the hypervisor gave the machine to others during a round."""
    share = round_.surroundings.stolen_share or 0.0
    if share <= STOLEN_SHARE:
        return None
    return share, f"the hypervisor withheld {share:.1%} of the machine in round {round_.number}"


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "all of it"
