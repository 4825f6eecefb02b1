"""Dropout's randomness: every layer, epoch and seed has its own, and the same again."""

from types import SimpleNamespace

from rbench.train.learner import Learner


class Generator:
    def __init__(self):
        self.seeds = []

    def reset_from_seed(self, seed):
        self.seeds.append(seed)


def reseeded(seed, epochs, random=(True, True, False, True)):
    """Seed by seed of each layer that draws anything."""
    learner = object.__new__(Learner)
    generators = [Generator() if draws else None for draws in random]
    learner.seed = seed
    learner.model = SimpleNamespace(
        layers=[
            SimpleNamespace(_random_generator=SimpleNamespace(_generator=generator))
            if generator
            else SimpleNamespace()
            for generator in generators
        ]
    )
    for epoch in epochs:
        learner.reseed(epoch)
    return [generator.seeds for generator in generators if generator]


def test_no_two_layers_epochs_or_seeds_draw_the_same():
    drawn = [
        number for seed in (1, 2, 3) for layer in reseeded(seed, range(50)) for number in layer
    ]
    assert len(drawn) == 3 * 3 * 50
    assert len(set(drawn)) == len(drawn)


def test_the_same_epoch_draws_the_same_whatever_came_before():
    straight = reseeded(7, [0, 1, 2])
    resumed = reseeded(7, [2])
    assert [layer[-1] for layer in straight] == [layer[0] for layer in resumed]
