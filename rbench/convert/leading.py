"""The same model with another of its signatures first, for tools that can be told of none."""

from __future__ import annotations

from typing import Any

from rbench.convert.flatbuffer import Model, pack, parse
from rbench.errors import ModelError

PLACES = (
    *("subgraph", "thenSubgraphIndex", "elseSubgraphIndex", "condSubgraphIndex"),
    *("bodySubgraphIndex", "initSubgraphIndex", "decompositionSubgraphIndex"),
)
"""What options call the number of a graph that their operator runs."""


def leading(content: bytes, signature: str) -> bytes:
    """A copy whose first signature is the named one, and whose first graph is what that one runs.

    All graphs, operators and constants are the same, numbers of graphs aside.

    Raises:
        ModelError: there is no such signature, or the file cannot be read.
    """
    model = parse(content)
    names = [_text(one.signatureKey) for one in model.signatureDefs or ()]
    if signature not in names:
        raise ModelError(f"it has no signature {signature!r}", allowed=", ".join(names))
    place = names.index(signature)
    graph = int(model.signatureDefs[place].subgraphIndex)
    model.signatureDefs.insert(0, model.signatureDefs.pop(place))
    graphs = model.subgraphs
    graphs[0], graphs[graph] = graphs[graph], graphs[0]
    moved = {0: graph, graph: 0}
    for one in model.signatureDefs:
        one.subgraphIndex = moved.get(one.subgraphIndex, one.subgraphIndex)
    for options in _options(model):
        for name in PLACES:
            number = getattr(options, name, None)
            if number is not None:
                setattr(options, name, moved.get(number, number))
    return pack(model)


def _options(model: Model) -> list[Any]:
    operators = [o for graph in model.subgraphs for o in graph.operators or ()]
    found = [o.builtinOptions for o in operators]
    found += [getattr(o, "builtinOptions2", None) for o in operators]
    return [options for options in found if options is not None]


def _text(name: bytes | str | None) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else name or ""
