"""Why it is so, in words: sentences that the records themselves bear out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rbench.cells.target import Target
from rbench.errors import TargetError
from rbench.recipes.registered import UNROLLED, compressions
from rbench.records import ModelFile
from rbench_reports.cells import Cell, Sheet
from rbench_reports.files import listed
from rbench_reports.metrics import DELEGATED, GZIP, P50, SIZE
from rbench_reports.numbers import alone, change
from rbench_reports.ops import op_times
from rbench_reports.paired import REFERENCE, Pairing

SLOWER = 1.05
"""A file this much slower than its float32 is worth a sentence."""
FULL = 0.5
"""A file of small integers that still holds this share of float32's FLOAT32 bytes keeps them."""
SAME = 0.95
"""From this share of the plain file's bytes on nothing was saved."""
FUSED = "UNIDIRECTIONAL_SEQUENCE_"
"""How the names of the operators begin that hold a whole recurrence."""
LOSSES = 4
"""How many of a recipe's losses of quality a sentence names, the largest first; the table of all
files has all."""
REMARKS = 4
"""How many of a delegate's own words a sentence repeats; the table of files has all."""

Names = Mapping[tuple[str, str, str], Cell]


@dataclass(frozen=True)
class Explanation:
    """One thing that stands out, and what the records say about it."""

    topic: str
    text: str


def explanations(sheet: Sheet, pairing: Pairing) -> tuple[Explanation, ...]:
    """What stands out in a run, one sentence per recipe (and target), the encoders together."""
    cells: Names = {
        (c.encoder, c.recipe, c.target): c for c in sheet.cells if c.record.state == "ok"
    }
    found: list[Explanation] = []
    for recipe in sheet.recipes:
        found += _larger(sheet, cells, recipe)
        found += _pruned(sheet, cells, recipe)
        found += _worse(pairing, recipe)
        for target in sheet.targets:
            found += _slower(sheet, cells, recipe, target)
            found += _not_taken(sheet, cells, recipe, target)
            found += _unrolled(sheet, cells, recipe, target)
            found += _by_variant(sheet, cells, recipe, target)
    found += _simulated(sheet)
    found += _checked(sheet)
    return tuple(sorted(found, key=lambda one: _TOPICS.index(one.topic)))


_TOPICS = (
    "Slower",
    "Not delegated",
    "Unrolled",
    "Weight cache",
    "Larger",
    "Pruned",
    "Quality",
    "Simulated",
    "Checked",
)


def _slower(sheet: Sheet, cells: Names, recipe: str, target: str) -> Iterator[Explanation]:
    slow: list[tuple[float, str, str]] = []
    for cell, reference in _against(sheet, cells, recipe, target):
        mine, theirs = cell.usable(P50), reference.usable(P50)
        if mine is None or not theirs or mine < SLOWER * theirs or cell.bench != reference.bench:
            continue
        slow.append((mine / theirs, cell.encoder, _why_slower(cell, reference)))
    if slow:
        slow.sort(reverse=True)
        said = ", ".join(f"{ratio:.2f} for {encoder}" for ratio, encoder, _ in slow)
        whys: dict[str, list[str]] = {}
        for _, encoder, why in slow:
            if why:
                whys.setdefault(why, []).append(encoder)
        reasons = "".join(f" {', '.join(names)}: {why}." for why, names in whys.items())
        yield Explanation(
            "Slower", f"{recipe} on {target} takes longer than {REFERENCE}, times {said}.{reasons}"
        )


def _why_slower(cell: Cell, reference: Cell) -> str:
    """What the delegation and the times per operator say; empty if they say nothing."""
    mine, theirs = cell.record.delegation, reference.record.delegation
    why = []
    if mine and theirs:
        more = {
            op: n - theirs.left_behind.get(op, 0)
            for op, n in mine.left_behind.items()
            if n > theirs.left_behind.get(op, 0)
        }
        fused = [op for op in mine.left_behind if op.startswith(FUSED)]
        if mine.plain:
            why.append("no delegate, every operator runs on the plain kernels")
        elif fused:
            why.append(f"the fused {', '.join(fused)} is not delegated")
        if more:
            why.append(f"its delegate leaves more behind: {listed(more)}")
    before, after = op_times(reference), op_times(cell)
    grown = {op: us - before.get(op, 0.0) for op, us in after.items()}
    if before and grown and (most := max(grown, key=lambda op: grown[op])) and grown[most] > 0:
        why.append(f"{most} takes {alone('us', grown[most])} more")
    return "; ".join(why)


def _not_taken(sheet: Sheet, cells: Names, recipe: str, target: str) -> Iterator[Explanation]:
    little: dict[str, list[str]] = {}
    left: dict[str, int] = {}
    said: dict[str, None] = {}
    for encoder in sheet.encoders:
        cell = cells.get((encoder, recipe, target))
        found = cell.record.delegation if cell else None
        reference = cells.get((encoder, REFERENCE, target))
        mine = cell.value(DELEGATED) if cell else None
        theirs = reference.value(DELEGATED) if reference else None
        if not found or not found.left_behind or mine is None:
            continue
        if not mine or (theirs and mine < FULL * theirs):
            taken = f"{found.nodes_delegated} of {found.nodes_total} nodes"
            little.setdefault(taken, []).append(encoder)
            for op, count in found.left_behind.items():
                left[op] = max(left.get(op, 0), count)
            said.update(dict.fromkeys(found.remarks))
    if little:
        counts = ", ".join(f"{', '.join(names)} {taken}" for taken, names in little.items())
        words = "; ".join(f"“{remark}”" for remark in list(said)[:REMARKS])
        yield Explanation(
            "Not delegated",
            f"{recipe} on {target}: the delegate takes none of the graph, or less than half the "
            f"share that it takes of {REFERENCE} ({counts}); left to the plain kernels: "
            f"{listed(left)}.{f' In its own words: {words}.' if words else ''}",
        )


def _unrolled(sheet: Sheet, cells: Names, recipe: str, target: str) -> Iterator[Explanation]:
    form, plus, fused_name = recipe.partition("+")
    if form != UNROLLED or not plus:
        return
    for encoder in sheet.encoders:
        unrolled = cells.get((encoder, recipe, target))
        fused = cells.get((encoder, fused_name, target))
        if unrolled is None or fused is None or unrolled.bench != fused.bench:
            continue
        mine, theirs = unrolled.usable(P50), fused.usable(P50)
        taken, before = unrolled.record.delegation, fused.record.delegation
        if mine is None or not theirs or not taken or not before:
            continue
        yield Explanation(
            "Unrolled",
            f"{encoder} with {recipe} on {target} takes {mine / theirs:.2f} times as long as with "
            f"{fused_name}: its recurrence is {taken.nodes_total} plain nodes "
            f"({taken.nodes_delegated} delegated) instead of {before.nodes_total} "
            f"({before.nodes_delegated} delegated).",
        )


def _by_variant(sheet: Sheet, cells: Names, recipe: str, target: str) -> Iterator[Explanation]:
    """What a variant of a delegate gives, beside the same files without."""
    try:
        parsed = Target.parse(target)
    except TargetError:
        return
    variant, plain = parsed.known.variant, str(parsed.plain)
    said = []
    for encoder in sheet.encoders if variant else ():
        cell, other = cells.get((encoder, recipe, target)), cells.get((encoder, recipe, plain))
        if cell is None or other is None or cell.bench != other.bench:
            continue
        mine, theirs = cell.usable(P50), other.usable(P50)
        if mine is not None and theirs and theirs >= SLOWER * mine:
            said.append(f"{mine / theirs:.2f} for {encoder}")
    if said and variant:
        yield Explanation(
            variant.name,
            f"{recipe} on {target} takes less time than on {plain}, times {', '.join(said)}: "
            f"{variant.gain}",
        )


def _larger(sheet: Sheet, cells: Names, recipe: str) -> Iterator[Explanation]:
    """Files of fewer bits than float32 that are no smaller."""
    if recipe.rpartition("+")[2] == REFERENCE:
        return
    said = []
    for cell, reference in _files(sheet, cells, recipe):
        model, other = cell.record.model, reference.record.model
        if model and other and model.size_bytes >= other.size_bytes:
            why = "; ".join(_why_larger(model, other))
            size = change(model.size_bytes, other.size_bytes)
            said.append(f"{cell.encoder} {size}{', for ' + why if why else ''}")
    if said:
        yield Explanation("Larger", f"{recipe} is no smaller than {REFERENCE}: {'. '.join(said)}.")


def _why_larger(model: ModelFile, other: ModelFile) -> Iterator[str]:
    table = model.census.get("item_table")
    buffers = table.get("buffers") if isinstance(table, Mapping) else None
    if isinstance(buffers, int) and buffers > 1:
        yield f"it stores the item table {buffers} times"
    twice = model.census.get("stored_twice")
    repeated = twice.get("bytes") if isinstance(twice, Mapping) else None
    if isinstance(repeated, int) and repeated > 0:
        yield f"{alone('bytes', repeated)} repeat another buffer"
    floats, all_floats = (m.tensor_bytes.get("FLOAT32", 0) for m in (model, other))
    if floats and floats >= FULL * all_floats:
        rest = ", ".join(name for name in model.tensor_bytes if name != "FLOAT32")
        share = f"{100 * floats / all_floats:.0f} % of the " if all_floats else ""
        beside = f", and {rest} beside them" if rest else ""
        yield f"it still holds {share}FLOAT32 constants{beside}"


def _pruned(sheet: Sheet, cells: Names, recipe: str) -> Iterator[Explanation]:
    full = [word for word, found in compressions().items() if found.stored_in_full]
    plain_name = "+".join(word for word in recipe.split("+") if word not in full)
    if plain_name == recipe:
        return
    said = []
    for cell, plain in _files(sheet, cells, recipe, plain_name):
        mine, theirs = cell.usable(SIZE), plain.usable(SIZE)
        packed, before = cell.usable(GZIP), plain.usable(GZIP)
        if mine is None or packed is None or not theirs or not before:
            continue
        if mine > SAME * theirs and packed < SAME * before:
            said.append(
                f"{cell.encoder} raw {change(mine, theirs)}, compressed {change(packed, before)}"
            )
    if said:
        yield Explanation(
            "Pruned",
            f"{recipe} saves nothing raw against {plain_name} but compressed, for its zeros and "
            f"repeated values are stored in full: {'; '.join(said)}.",
        )


def _worse(pairing: Pairing, recipe: str) -> Iterator[Explanation]:
    losses = [
        (found.difference, encoder)
        for (encoder, name), found in pairing.files.items()
        if name == recipe != REFERENCE and found.difference and found.difference.word == "worse"
    ]
    losses.sort(key=lambda loss: loss[0].share)
    worse = [f"{encoder} {found.text} ({found.interval})" for found, encoder in losses[:LOSSES]]
    if len(losses) > LOSSES:
        worse.append(f"and {len(losses) - LOSSES} more")
    if worse:
        yield Explanation(
            "Quality",
            f"{recipe} costs NDCG@10 against {REFERENCE}, user by user and beyond chance: "
            f"{', '.join(worse)}.",
        )


def _simulated(sheet: Sheet) -> Iterator[Explanation]:
    simulated = [cell for cell in sheet.cells if cell.state.word == "simulated"]
    for target in dict.fromkeys(cell.target for cell in simulated):
        ran = [c.record.delegation for c in simulated if c.target == target]
        adapters = dict.fromkeys(found.adapter for found in ran if found and found.adapter)
        named = f", {', '.join(adapters)}" if adapters else ""
        yield Explanation(
            "Simulated",
            f"{target} ran on a GPU that the CPU simulates{named} "
            f"({len(ran)} cell{'' if len(ran) == 1 else 's'}): it "
            "shows that the files run there and how many nodes are taken. Its times say nothing "
            "about a GPU, so they are in no chart, no ranking and no front.",
        )


def _checked(sheet: Sheet) -> Iterator[Explanation]:
    """What was found where answers are compared and nothing is timed, the worst file of each."""
    for target in sheet.targets:
        found = [cell for cell in sheet.cells if cell.target == target]
        checks = [cell.record.check for cell in found if cell.state.word == "checked"]
        known = [check for check in checks if check is not None]
        if not known:
            continue
        least = min(known, key=lambda one: one.overlap)
        farthest = max(known, key=lambda one: one.max_score_difference)
        failed = sum(cell.state.word == "failed" for cell in found)
        wrong = f"; {failed} failed" if failed else ""
        yield Explanation(
            "Checked",
            f"{target}: {len(known)} of {len(found)} files answer as {least.against} does, on "
            f"{least.runtime}{wrong}. The least like it keeps {least.overlap:.1%} of the best "
            f"{least.top} items (at least {least.bounds.get('overlap', 1):.0%}), the farthest "
            f"score is {farthest.max_score_difference:.2g} away, where the largest is "
            f"{farthest.score_scale:.2g} (at most "
            f"{farthest.bounds.get('score_difference', 0):.0%} of it). An emulated processor has "
            "no time: there is none in its records.",
        )


def _against(sheet: Sheet, cells: Names, recipe: str, target: str) -> Iterator[tuple[Cell, Cell]]:
    """The cells of one recipe on one target, beside float32 of the same encoder and target."""
    for encoder in sheet.encoders:
        cell = cells.get((encoder, recipe, target))
        reference = cells.get((encoder, REFERENCE, target))
        if cell is not None and reference is not None and recipe != REFERENCE:
            yield cell, reference


def _files(
    sheet: Sheet, cells: Names, recipe: str, other: str = REFERENCE
) -> Iterator[tuple[Cell, Cell]]:
    """One cell per encoder that has the file, beside one with the other recipe's file."""
    for encoder in sheet.encoders:
        for target in sheet.targets:
            cell = cells.get((encoder, recipe, target))
            plain = cells.get((encoder, other, target))
            if cell is not None and plain is not None and recipe != other:
                yield cell, plain
                break
