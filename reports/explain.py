"""Why it is so, in words: sentences that the records themselves bear out."""

from __future__ import annotations

from collections.abc import Iterator

from rbench_reports.cells import Cell, Sheet
from rbench_reports.effects import REFERENCE
from rbench_reports.files import listed
from rbench_reports.metrics import GZIP, NDCG, P50, SIZE
from rbench_reports.numbers import SCORE, change

SLOWER = 1.05
"""A quantized file this much slower than its float32 is worth a sentence."""
FULL = 0.5
"""A file of small integers that still holds this share of float32's FLOAT32 bytes keeps them."""
PRUNINGS = ("prune50", "prune80", "prune2x4", "cluster16")


def explanations(sheet: Sheet) -> tuple[str, ...]:
    """What stands out in a run, one sentence each."""
    by_name = {(c.encoder, c.recipe, c.target): c for c in sheet.cells}
    found: list[str] = []
    for cell in sheet.comparable:
        reference = by_name.get((cell.encoder, REFERENCE, cell.target))
        if reference and reference is not cell and reference.record.state == "ok":
            found.extend(_slower(cell, reference))
            found.extend(_larger(cell, reference))
            found.extend(_worse(cell, reference))
        plain = by_name.get((cell.encoder, _without_pruning(cell.recipe), cell.target))
        if plain and plain is not cell and plain.record.state == "ok":
            found.extend(_pruned(cell, plain))
        found.extend(_left(cell))
    return tuple(dict.fromkeys(found))


def _slower(cell: Cell, reference: Cell) -> Iterator[str]:
    mine, theirs = cell.usable(P50), reference.usable(P50)
    if mine is None or not theirs or mine < SLOWER * theirs or cell.bench != reference.bench:
        return
    sentence = (
        f"{cell.encoder} on {cell.target}: {cell.recipe} takes {mine / theirs:.2f} times as long "
        f"as {REFERENCE}"
    )
    left = cell.record.delegation.left_behind if cell.record.delegation else {}
    before = reference.record.delegation.left_behind if reference.record.delegation else {}
    more = {op: n - before.get(op, 0) for op, n in left.items() if n > before.get(op, 0)}
    yield sentence + (f"; its delegate leaves more behind: {listed(more)}." if more else ".")


def _larger(cell: Cell, reference: Cell) -> Iterator[str]:
    model, other = cell.record.model, reference.record.model
    if not model or not other or model.size_bytes < other.size_bytes:
        return
    floats, all_floats = (m.tensor_bytes.get("FLOAT32", 0) for m in (model, other))
    why = ""
    if "FLOAT32" in model.tensor_bytes and floats >= FULL * all_floats and floats:
        rest = ", ".join(name for name in model.tensor_bytes if name != "FLOAT32")
        why = (
            f": it still holds {100 * floats / all_floats:.0f} % of the FLOAT32 constants"
            if all_floats
            else ": it holds FLOAT32 constants"
        ) + (f", and {rest} beside them" if rest else "")
    yield (
        f"{cell.encoder}: {cell.recipe} is no smaller than {REFERENCE} "
        f"(size {change(model.size_bytes, other.size_bytes)}){why}."
    )


def _worse(cell: Cell, reference: Cell) -> Iterator[str]:
    mine = cell.usable(NDCG)
    if mine is not None and reference.ndcg and mine < reference.ndcg.low:
        yield (
            f"{cell.encoder}: {cell.recipe} costs quality: NDCG@10 {SCORE.text(mine)} lies below "
            f"the interval of {REFERENCE} (from {SCORE.text(reference.ndcg.low)})."
        )


def _pruned(cell: Cell, plain: Cell) -> Iterator[str]:
    sizes = cell.usable(SIZE), plain.usable(SIZE)
    packed = cell.usable(GZIP), plain.usable(GZIP)
    if None in sizes or None in packed or not sizes[1] or not packed[1]:
        return
    raw, gzip = (sizes[0] or 0.0) / sizes[1], (packed[0] or 0.0) / packed[1]
    if raw > 0.95 and gzip < 0.95:
        yield (
            f"{cell.encoder}: {cell.recipe} saves nothing raw (size {change(raw, 1)} against "
            f"{plain.recipe}) but compressed ({change(gzip, 1)}): its zeros are stored in full."
        )


def _left(cell: Cell) -> Iterator[str]:
    found = cell.record.delegation
    if found and found.left_behind and found.nodes_delegated == 0:
        yield (
            f"{cell.encoder} with {cell.recipe} on {cell.target}: the delegate took none of the "
            f"{found.nodes_total} nodes; left behind: {listed(found.left_behind)}."
        )


def _without_pruning(recipe: str) -> str:
    return "+".join(word for word in recipe.split("+") if word not in PRUNINGS)
