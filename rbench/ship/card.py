"""The model card, in Hugging Face's form: what the file is, its numbers, and whence they come."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rbench.metrics.found import HEADLINE
from rbench.records import Estimate, Machine, Quality, Record, Run
from rbench.records.caveats import notes_of
from rbench.ship.cell import Chosen
from rbench.ship.documents import Contract, Golden
from rbench.ship.proving import Proof
from rbench.text.shown import line

NO_LICENCE = "other"
MOVIELENS = (
    "MovieLens: its terms (GroupLens) forbid commercial use without permission, and want it cited: "
    "F. M. Harper and J. A. Konstan, 2015, https://doi.org/10.1145/2827872."
)
MISSING = "\N{EN DASH}"
_MARKUP = str.maketrans({letter: f"\\{letter}" for letter in "\\`*_{}[]<>|#!~&"})


def card(
    run: Run,
    chosen: Chosen,
    contract: Contract,
    proof: Golden,
    proofs: Sequence[Proof],
    licence: str,
) -> str:
    """The README.md of a bundle.

    Args:
        licence: an identifier of Hugging Face's list; not stated if empty.
    """
    blocks = [
        "\n".join(_front(run, chosen, licence)),
        *_body(run, chosen, contract, (proof, proofs), licence),
    ]
    return "\n\n".join(blocks) + "\n"


def _front(run: Run, chosen: Chosen, licence: str) -> Iterator[str]:
    """YAML; every text is written as JSON, which YAML reads."""
    name, data = f"{run.info.study} {chosen.record.cell.encoder}", run.info.data
    yield "---"
    yield f"license: {json.dumps(licence or NO_LICENCE)}"
    if not licence:
        yield 'license_name: "not-stated"'
    yield "library_name: litert"
    tags = [
        "recommendation",
        "sequential-recommendation",
        "on-device",
        "tflite",
        "litert",
        "rbench",
    ]
    yield f"tags: {json.dumps(tags)}"
    yield f"metrics: {json.dumps(list(HEADLINE))}"
    results: list[dict[str, Any]] = [
        {
            "task": {"type": "next-item-recommendation", "name": "Next-item recommendation"},
            "dataset": {
                "type": _plain(data.format if data else "unknown"),
                "name": _plain(data.name if data else "unknown"),
                "split": "test",
            },
            "metrics": [
                {"type": metric, "name": metric, "value": round(found.value, 6)}
                for metric in HEADLINE
                if (found := chosen.quality.metrics.get(metric))
            ],
        }
    ]
    yield f"model-index: {json.dumps([{'name': _plain(name), 'results': results}])}"
    yield "---"


def _body(
    run: Run,
    chosen: Chosen,
    contract: Contract,
    proved: tuple[Golden, Sequence[Proof]],
    licence: str,
) -> Iterator[str]:
    proof, proofs = proved
    record, cell = chosen.record, chosen.record.cell
    yield f"# {_text(run.info.study)}: {_text(cell.encoder)}, {_text(cell.recipe)}"
    yield (
        f"The next item from the last {contract.context.length}: a context encoder trained, "
        f"converted, scored and timed by [rbench](https://pypi.org/project/rbench/) "
        f"{_text(run.info.rbench)}. `{contract.model.file}` is the very file that was measured: "
        f"{contract.model.size_bytes:,} bytes, sha256 `{contract.model.sha256}`."
    )
    yield (
        "It is the cell that the run's report recommends."
        if chosen.recommended
        else "It was chosen by name; the run's report recommends another cell."
    )
    yield "## Use"
    yield (
        "`contract.json` says what the app has to keep to: signature "
        f"`{contract.signature}`, input `{contract.context.input}` (int32, "
        f"{contract.context.length} indices of `items.json`, oldest first, the "
        f"newest kept, padded on the left with 0), outputs by name, {contract.k} items, "
        "best first. "
        + (
            "Clients take what was seen out of the answer, so fewer than asked for may remain: "
            "they say how many are missing."
            if contract.history.filter
            else "Clients leave what was seen in the answer: people of this log come back to items."
        )
    )
    yield "```bash\npip install numpy ai-edge-litert\npython client.py selftest\n```"
    yield (
        "`client.js` and `Recommender.kt` do the same in browsers and on Android. "
        f"`golden.json` has {len(proof.cases)} questions with the answers of this file."
    )
    if proofs:
        yield "\n".join(
            f"- {_text(one.target)}: all {one.cases} answered alike (scores within "
            f"{one.tolerance:.3g})"
            for one in proofs
        )
    yield "## Quality"
    yield "\n".join(_quality(run, chosen.quality))
    yield from _said_of_scores(run, chosen)
    yield "## Latency"
    yield "\n".join(_latency(chosen))
    yield "## Data"
    yield "\n".join(f"- {one}" for one in _data(run))
    yield "## Licence"
    yield "\n".join(_licence(run, licence))
    yield "## Limits"
    yield (
        f"It knows {contract.catalogue.items:,} items and recommends those that training has seen; "
        "new items need another file. Scores order items and are no probabilities. What people did "
        "most is recommended most."
    )
    yield "## Made by"
    yield "\n".join(_made_by(record))


def _quality(run: Run, quality: Quality) -> Iterator[str]:
    names = list(quality.metrics)
    yield f"| | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    yield f"| **this file** | {' | '.join(_estimate(quality.metrics[name]) for name in names)} |"
    for rival, known in run.info.baselines.items():
        cells = (_estimate(known.metrics[n]) if n in known.metrics else MISSING for n in names)
        yield f"| {_text(rival)} (baseline) | {' | '.join(cells)} |"
    ideal = run.info.data.ideal if run.info.data else {}
    if ideal:
        cells = (f"{ideal[name]:.4f}" if name in ideal else MISSING for name in names)
        yield f"| best possible | {' | '.join(cells)} |"


def _said_of_scores(run: Run, chosen: Chosen) -> Iterator[str]:
    quality = chosen.quality
    parity = quality.parity
    yield (
        f"Means over {quality.users:,} test users with 95 % bootstrap intervals, ranked over the "
        f"whole catalogue, scored on the file itself; {100 * quality.coverage:.0f} % of it appears "
        "in some user's top ten."
        + (
            f" Against the model it was converted from, over {parity.contexts:,} contexts: "
            f"{100 * parity.top10_overlap:.1f} % of the ten best items are the same, scores differ "
            f"by at most {parity.max_score_difference:.3g}."
            if parity
            else ""
        )
    )
    mine = quality.metrics.get("ndcg@10")
    better = [
        name
        for name, known in run.info.baselines.items()
        if mine and "ndcg@10" in known.metrics and known.metrics["ndcg@10"].value >= mine.value
    ]
    if better:
        yield (
            f"**{_text(', '.join(better))} trains nothing and scores at least as much**: for "
            "quality alone no model is needed here."
        )
    notes = notes_of(run)
    if notes:
        yield "\n".join(f"- {_text(one)}" for one in notes)


def _latency(chosen: Chosen) -> Iterator[str]:
    yield "| target | median of a query | rounds' medians | timing | machine |"
    yield "|---|---|---|---|---|"
    for one in chosen.cells:
        yield f"| {' | '.join((_text(one.cell.target), *_timing(one), _machine(one.machine)))} |"


def _timing(record: Record) -> tuple[str, str, str]:
    timing = record.timing
    if record.state != "ok" or timing is None:
        return (
            MISSING,
            MISSING,
            _text(f"{record.state}: {record.reason}" if record.reason else record.state),
        )
    if record.delegation and record.delegation.software:
        return MISSING, MISSING, "a GPU that the CPU simulates: no latency"
    rounds = timing.round_medians_us
    between = f"{min(rounds):,.1f} to {max(rounds):,.1f} µs" if rounds else MISSING
    more = f" (and {len(timing.reasons) - 1} more)" if len(timing.reasons) > 1 else ""
    said = _text(": ".join((timing.verdict, *timing.reasons[:1])) + more)
    return f"{timing.median_us:,.1f} µs", between, said


def _machine(machine: Machine | None) -> str:
    if machine is None:
        return MISSING
    return _text(f"{machine.cpu}, {machine.cores} cores, {machine.system}")


def _data(run: Run) -> Iterator[str]:
    data = run.info.data
    if data is None:
        yield "The run does not say what it was trained on."
        return
    yield (
        f"{_text(data.name)} ({_text(data.format)}): {data.users:,} users, {data.items:,} items, "
        f"{data.interactions:,} interactions; split {_text(data.split)}, {data.test_users:,} test "
        f"users; checksum of the split `{data.checksum}`."
    )
    if data.format == "synthetic":
        yield "The log is made up: it says nothing about people."
    if data.reading.format:
        yield f"Read as {_text(data.reading)}."
    yield (
        "The model holds one row of weights an item and none a user; what it learnt of items comes "
        "from what these users did."
    )


def _licence(run: Run, licence: str) -> Iterator[str]:
    if licence:
        yield f"The model: {_text(licence)}."
    else:
        yield "The model: not stated. Whoever ships it says so: `rbench ship --license ID`."
    yield "The clients: Apache-2.0, as rbench is."
    if run.info.data and "movielens" in f"{run.info.data.name} {run.info.data.format}".lower():
        yield MOVIELENS
    else:
        yield "The data: the log's own terms hold, and may bind the model too."


def _made_by(record: Record) -> Iterator[str]:
    yield f"```bash\n{_code(record.command)}\n```"
    versions = ", ".join(f"{name} {version}" for name, version in sorted(record.versions.items()))
    yield ""
    yield f"Seed {record.seed}; {_text(versions)}."


def _estimate(found: Estimate) -> str:
    return f"{found.value:.4f} ({found.low:.4f} to {found.high:.4f})"


def _plain(text: object) -> str:
    return line(text, 200)


def _text(text: object) -> str:
    """On one line, and no markup."""
    return line(text, 1000).translate(_MARKUP)


def _code(text: object) -> str:
    """For a block of code, which it cannot end."""
    return line(text).replace("```", "` ` `")
