"""No byte that need not be there: an int8 file of ours holds hardly any float32."""

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="conversion needs rbench[sweep]")

from rbench import plugins
from rbench.convert import take_inventory
from rbench.encoding import Form, ModelSettings
from rbench.graph.model import scoring_model
from rbench.testing.whole import converted, rewritten

ITEMS = 3_416
"""MovieLens-1M's."""
MOST = 0.03
CASES = [
    *((name, {}, 50) for name in plugins.names(plugins.ENCODERS)),
    ("lru", {}, 200),
    ("attention", {"blocks": 2, "heads": 2}, 200),
]
"""Where steps are written out, no constant knows the length."""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options", "length"), CASES)
def test_the_share_of_float32_in_an_int8_file(name, options, length):
    """Constants, and the scales of all others: four bytes each."""
    import tf_keras

    from rbench.convert.export import Recommender

    tf_keras.backend.clear_session()
    settings = ModelSettings(length=length)
    model = scoring_model(plugins.encoder(name, options), settings, ITEMS, Form(last=True))
    contexts = np.zeros((1, length), np.int32)
    content, shared = rewritten(converted("dynamic_wi8", Recommender(model, length, 10), contexts))
    assert shared.buffers == 1
    found = take_inventory(content)
    floats = found.tensor_bytes.get("FLOAT32", 0) + 4 * sum(c.scales for c in found.constants)
    assert floats <= MOST * found.size_bytes, [c for c in found.constants if c.type == "FLOAT32"]
