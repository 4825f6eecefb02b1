"""The golden questions on ARM's kernels: the real emulator and machine, where they are."""

import shutil

import pytest

from rbench.errors import StageError
from rbench.ship import ship
from rbench.ship.cell import choose_cell
from rbench.ship.golden import golden
from rbench.ship.names import names_of
from rbench.ship.proving import ProofFailed, prove
from rbench.testing import damage

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("emulation")]


@pytest.mark.parametrize("recipe", ["float32", "static_wi8_ai8"])
def test_a_bundle_answers_there_as_shipped(made, tmp_path, recipe):
    done = ship(made, tmp_path / "b", f"bow/{recipe}", checks=["aarch64"])
    assert [(one.target, one.cases) for one in done.proofs] == [
        ("aarch64/cpu", 24),
        ("aarch64/xnnpack", 24),
    ]


def test_another_file_is_found_out_there(made, shipped, tmp_path):
    """Golden answers of one training, the model of another, and one that is cut off."""
    record = choose_cell(made, "bow/dynamic_wi8").record
    names = names_of(made, record, None).items.items
    proof = golden(shipped.to / "model.tflite", record.model.sha256, names, filtered=True)
    place = shutil.copytree(shipped.to, tmp_path / "b")
    damage.swap_table(place)
    with pytest.raises(ProofFailed, match="golden questions are answered otherwise"):
        prove(proof, place / "model.tflite", ["aarch64/xnnpack"])
    damage.cut_model(place)
    with pytest.raises(StageError, match="interpreter left with code"):
        prove(proof, place / "model.tflite", ["aarch64/xnnpack"])
