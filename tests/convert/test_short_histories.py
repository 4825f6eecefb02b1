"""Static schemes where half of a context is padding in all of the calibration."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("conversion needs rbench[sweep]", allow_module_level=True)

from rbench import plugins
from rbench.convert import MODEL
from rbench.data.dataset import Ragged

pytestmark = pytest.mark.slow
ITEMS = 150

RUN = """
import sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
for kernels in (OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, OpResolverType.AUTO):
    made = Interpreter(sys.argv[1], num_threads=1, experimental_op_resolver_type=kernels)
    runner = made.get_signature_runner("recommend")
    for newest in range(9):
        context = np.zeros((1, 8), np.int32)
        context[0, 8 - newest :] = np.arange(1, newest + 1)
        scores = runner(context=context)["scores"]
        assert np.isfinite(scores).all()
    print("ran", flush=True)
"""


@pytest.fixture(scope="module")
def short_lived(dataset, convert_into, tmp_path_factory):
    """(encoder's name, static scheme) -> its file, where no history fills half of a context."""
    lengths = np.full(50, 3)
    values = np.random.default_rng(1).integers(1, ITEMS + 1, lengths.sum()).astype(np.int32)
    offsets = np.cumsum([0, *lengths]).astype(np.int64)
    short = dataclasses.replace(dataset, train=Ragged(values, offsets))

    def make(name: str, recipe: str):
        folder = tmp_path_factory.mktemp(name)
        if plugins.encoder(name).recurrent:
            recipe = f"unrolled+{recipe}"
        convert_into(name, recipe, folder, short)
        return folder / MODEL

    return make


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        *((name, "static_wi8_ai8") for name in ("bow", "cnn", "gru", "attention")),
        ("attention", "static_wi8_ai16"),
    ],
)
def test_a_static_file_runs_where_histories_are_short(short_lived, name, scheme) -> None:
    """Positions that are padding in all of the calibration would abort the whole process."""
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(short_lived(name, scheme))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1000:]
    assert done.stdout.split() == ["ran", "ran"]
