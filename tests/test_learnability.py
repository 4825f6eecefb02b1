"""What can be learnt is learnt, and noise stays noise: the dial of the synthetic log, both ways."""

from importlib.util import find_spec

import pytest

if not find_spec("tensorflow"):  # importing it takes seconds
    pytest.skip("training needs rbench[sweep]", allow_module_level=True)

from rbench import data, plugins, train
from rbench.cells.recipe import Recipe
from rbench.compress import CompressSettings, compress
from rbench.convert import MODEL, ConvertSettings, convert
from rbench.data import DataSettings, SyntheticSettings
from rbench.encoding import ModelSettings
from rbench.evaluate import EvaluateSettings, evaluate
from rbench.progress import silent

pytestmark = pytest.mark.slow

SHAPE = ModelSettings(width=32, length=20, top_k=20)


def measured(name, dataset, epochs, folder):
    """Recall@10 of an encoder's float32 .tflite on the test users."""
    encoder = plugins.encoder(name)
    for stage in ("train", "compress", "convert", "evaluate"):
        (folder / stage).mkdir()
    settings = train.TrainSettings(epochs=epochs)
    train.train(settings, SHAPE, dataset, encoder, 1, folder / "train")
    compress(
        Recipe(), CompressSettings(), settings, SHAPE, folder / "train", dataset, encoder, 1,
        folder / "compress",
    )  # fmt: skip
    convert(
        Recipe(), ConvertSettings(), SHAPE, folder / "compress", dataset, encoder, 1,
        folder / "convert",
    )  # fmt: skip
    quality = evaluate(
        EvaluateSettings(), folder / "convert" / MODEL, folder / "compress" / "reference.npz",
        dataset, folder / "evaluate", silent,
    )  # fmt: skip
    return quality.metrics["recall@10"]


@pytest.mark.parametrize("name", ["gru", "attention"])
def test_predictable_data_is_learnt(name, tmp_path):
    dataset = data.load(DataSettings(synthetic=SyntheticSettings(predictability=1.0)))
    ideal = dataset.summary.ideal["recall@10"]
    assert ideal == pytest.approx(1)
    assert measured(name, dataset, 20, tmp_path).value >= 0.8 * ideal


def test_noise_stays_at_chance(tmp_path):
    dataset = data.load(DataSettings(synthetic=SyntheticSettings(predictability=0.0)))
    chance = dataset.summary.ideal["recall@10"]
    found = measured("attention", dataset, 3, tmp_path)
    # Chance itself is drawn from 2,000 users: five standard errors on either side of it.
    error = (chance * (1 - chance) / len(dataset.test.targets)) ** 0.5
    assert abs(found.value - chance) < 5 * error
