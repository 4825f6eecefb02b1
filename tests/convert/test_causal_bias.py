"""Who is newer than whom is computed in the file, and rightly so where ranges are learnt."""

from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("conversion needs rbench[sweep]", allow_module_level=True)

from rbench.convert import take_inventory

pytestmark = pytest.mark.slow

LENGTH, PENALTY = 40, 30.0


@pytest.mark.parametrize("learnt", [False, True])
@pytest.mark.parametrize("slope", [0.0, 0.25])
def test_no_pair_is_stored_and_none_is_mistaken(learnt, slope) -> None:
    import tensorflow as tf
    from ai_edge_litert.interpreter import Interpreter

    from rbench.layers import CausalBias

    layer = CausalBias(PENALTY, slope)

    def ranged(numbers, least, largest):
        if not learnt:
            return numbers
        return tf.quantization.fake_quant_with_min_max_args(numbers, least, largest)

    @tf.function(
        input_signature=[
            tf.TensorSpec([1, LENGTH, LENGTH], name="scores"),
            tf.TensorSpec([1, LENGTH], name="mask"),
        ]
    )
    def biased(scores, mask):
        found = layer([ranged(scores, -2.0, 2.0), ranged(mask, 0.0, 1.0)])
        return {"found": ranged(found, -64.0, 2.0)}

    function = biased.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], layer)
    converter.optimizations = [tf.lite.Optimize.DEFAULT] if learnt else []
    content = converter.convert()
    assert max(c.size_bytes for c in take_inventory(content).constants) <= 4 * LENGTH
    scores = np.random.default_rng(1).uniform(-2, 2, (1, LENGTH, LENGTH)).astype(np.float32)
    mask = (np.arange(LENGTH) >= 7).astype(np.float32)[None]
    (key,) = Interpreter(model_content=content).get_signature_list()
    found = Interpreter(model_content=content).get_signature_runner(key)(scores=scores, mask=mask)
    step = 66 / 255 if learnt else 1e-5
    np.testing.assert_allclose(found["found"], np.asarray(layer([scores, mask])), atol=2 * step)
