"""The signatures of an exported file: what each is called, takes and gives.

Address inputs and outputs by name. A leaf: whoever asks a file imports it, timing processes too.
"""

from __future__ import annotations

from rbench import features

SIGNATURE = "recommend"
INPUT = "context"
OUTPUT_ITEMS = "items"
OUTPUT_SCORES = "scores"
"""The exported signature: context int32 [1, length] -> items int32 [1, k], scores float32 [1, k],
best first. Address them by name: their order differs between converter versions. Features have
inputs of their own, and ``allowed``, where the study asks for it, is float32 [1, items]."""
TAP = "tap"
STATE = "state"
ITEM = "item"
"""The second signature, where it was asked for: state float32 [1, numbers] and item int32 [1, 1] ->
the next state, items and scores. A state of zeros is that of an empty history."""
UPDATE = "update"
RESET = "reset"
RESTORE = "restore"
SAVE = "save"
USER = features.USER
QUERY = "query"
NEXT = "next"
"""Where a file learns its user: `recommend` gives the vector ``query`` too, float32 [1, width], and
``update`` takes items, scores and query as they came out, and ``next`` int32 [1, 1], the item that
was taken. The state ``user``, float32 [1, width], comes out of each of these signatures, and goes
into ``restore``; where it is a tensor, it goes into ``recommend`` and ``update`` and there are no
others."""
FED = (OUTPUT_ITEMS, OUTPUT_SCORES, QUERY)
"""What `recommend` gives and ``update`` takes."""
