"""What the server does in a round, put together from Flower's own strategies. Imports Flower.

    Rounds        draws clients by seed, counts bytes, goes on at any round
      FedAdam …   the server's optimizer: works on the average alone
        DifferentialPrivacyClientSideFixedClipping   noise, where there is any
          Average                                    the mean of the updates

The order matters: noise is of the size that hides one update in the average. Behind the optimizer,
where Flower's examples put it, it would hide nothing that can be accounted for. What the optimizer
makes of a noisy average is no further look at anybody's log.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MessageType, MetricRecord, RecordDict
from flwr.serverapp import Grid
from flwr.serverapp.strategy import (
    DifferentialPrivacyClientSideFixedClipping,
    FedAdagrad,
    FedAdam,
    FedAvg,
    FedAvgM,
    FedYogi,
    Strategy,
)

from rbench.federated.arrays import arrays_of, size_of, weights_of
from rbench.federated.rates import server_rate
from rbench.federated.settings import FederatedSettings
from rbench.federated.standing import Groups, Standing

ARRAYS, CONFIG = "arrays", "config"
CLIPPING = "clipping_norm"
"""Flower's names of what a message holds."""
REMEMBERED = ("m_t", "v_t", "momentum_vector")
"""Attributes of Flower's strategies that a next round needs."""


class Average(FedAvg):
    """The mean of the updates of those that were drawn, over as many as were expected.

    Args:
        expected: clients a round; 0: as many as there are. With noise the mean is over a fixed
            number, so that who takes part changes it by no more than the longest update.
    """

    def __init__(self, expected: int) -> None:
        super().__init__(fraction_evaluate=0.0)
        self.expected = expected
        self.before: ArrayRecord | None = None

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        self.before = arrays
        return []

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        found = list(replies)
        if not found and self.expected and self.before is not None:
            return self.before, MetricRecord()  # nobody was drawn: noise alone
        mean, metrics = super().aggregate_train(server_round, found)
        if mean is None or not self.expected or self.before is None:
            return mean, metrics
        share = len(found) / self.expected
        before, after = weights_of(self.before), weights_of(mean)
        made = {name: (one + share * (after[name] - one)) for name, one in before.items()}
        return ArrayRecord(arrays_of(made)), metrics


class Behind(FedAvg):
    """What stands between Flower's optimizers and `FedAvg`: the average comes from another."""

    average: Strategy

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        return self.average.configure_train(server_round, arrays, config, grid)

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        return self.average.aggregate_train(server_round, replies)


class Adagrad(FedAdagrad, Behind):
    """Flower's, over another's average."""


class Adam(FedAdam, Behind):
    """Flower's, over another's average."""


class Yogi(FedYogi, Behind):
    """Flower's, over another's average."""


class Momentum(FedAvgM, Behind):
    """Flower's, over another's average; without momentum, a plain step towards it."""


def optimizer(settings: FederatedSettings, rate: float, start: ArrayRecord) -> Strategy:
    """The server's optimizer, over averages with the study's noise."""
    common: dict[str, Any] = {"fraction_evaluate": 0.0}
    adaptive = {"eta": rate, "tau": settings.tau}
    betas = {"beta_1": settings.beta_1, "beta_2": settings.beta_2}
    momentum = settings.beta_1 if settings.strategy == "fedavgm" else 0.0
    made: Any
    if settings.strategy == "fedadam":
        made = Adam(**common, **adaptive, **betas)
    elif settings.strategy == "fedyogi":
        made = Yogi(**common, **adaptive, **betas)
    elif settings.strategy == "fedadagrad":
        made = Adagrad(**common, **adaptive)
    else:
        made = Momentum(**common, server_learning_rate=rate, server_momentum=momentum)
        made.current_arrays, made.server_opt = start, True
    private = settings.noise_multiplier > 0
    average: Strategy = Average(settings.clients_per_round if private else 0)
    if private:
        average = DifferentialPrivacyClientSideFixedClipping(
            average, settings.noise_multiplier, settings.clip, settings.clients_per_round
        )
    made.average = average
    return made


class Rounds(Strategy):
    """One training's rounds, from wherever it stands.

    Args:
        nodes: Flower's numbers of the nodes, in an order of their own that no run changes.
        rate: the server's largest step.
        standing: is moved on.
        seeded: whether noise is drawn by the seed, too: in a simulation, where the same study gives
            the same weights. Noise that can be drawn again hides nothing.
    """

    def __init__(
        self,
        settings: FederatedSettings,
        nodes: Sequence[int],
        rate: float,
        start: ArrayRecord,
        standing: Standing,
        groups: Groups,
        *,
        seed: int,
        seeded: bool,
    ) -> None:
        self.settings, self.nodes, self.rate = settings, nodes, rate
        self.standing, self.seed, self.seeded = standing, seed, seeded
        self.done = standing.round
        self.losses: list[float] = []
        self.asked = 0
        self.inner: Any = optimizer(settings, rate, start)
        for name in set(REMEMBERED) & set(groups):
            kept = groups[name]
            as_list = "0" in kept  # Flower's momentum has no names
            setattr(self.inner, name, [*kept.values()] if as_list else dict(kept))

    def remembered(self) -> Groups:
        """What the optimizer needs to go on."""
        found: Groups = {}
        for name in REMEMBERED:
            kept = getattr(self.inner, name, None)
            if kept:
                named = isinstance(kept, dict)
                found[name] = kept if named else {str(n): one for n, one in enumerate(kept)}
        return found

    def drawn(self, number: int) -> list[int]:
        """The nodes of a round, by their places."""
        draw = random.Random(f"{self.seed} {number}" if self.seeded else None)
        wanted = min(self.settings.clients_per_round, len(self.nodes))
        if not self.settings.noise_multiplier:
            return sorted(draw.sample(range(len(self.nodes)), wanted))
        return [one for one in range(len(self.nodes)) if draw.random() * len(self.nodes) < wanted]

    def configure_train(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Messages to the clients of the next round."""
        number = self.done + server_round
        step = self.rate * server_rate(self.settings, number)
        for name in ("eta", "server_learning_rate"):
            if hasattr(self.inner, name):
                setattr(self.inner, name, step)
        config = ConfigRecord({"server-round": number})
        self.inner.configure_train(number, arrays, config, grid)
        if self.settings.clip:
            config[CLIPPING] = self.settings.clip
        content = RecordDict({ARRAYS: arrays, CONFIG: config})
        nodes = [self.nodes[place] for place in self.drawn(number)]
        self.asked = len(nodes)
        self.standing.down_bytes += size_of(arrays) * len(nodes)
        return [Message(content, dst_node_id=one, message_type=MessageType.TRAIN) for one in nodes]

    def aggregate_train(
        self, server_round: int, replies: Iterable[Message]
    ) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The next weights; None where nobody answered who was asked. With noise a round may draw
        nobody, which must not show: it is noise alone.
        """
        number = self.done + server_round
        answers = {one.metadata.src_node_id: one for one in replies}
        found = [answers[node] for node in self.nodes if node in answers]
        good = [one for one in found if not one.has_error()]
        self.standing.failed += len(found) - len(good)
        self.standing.trained += len(good)
        self.standing.up_bytes += sum(size_of(one.content[ARRAYS]) for one in good)
        self.losses = [float(one.content["metrics"]["loss"]) for one in good]
        if not good and self.asked:
            return None, None
        if self.seeded:
            np.random.seed([self.seed, number])  # where Flower draws noise
        made, metrics = self.inner.aggregate_train(number, good)
        if made is None:
            return None, metrics
        # Flower's optimizers make doubles of them.
        single = {name: one.astype(np.float32) for name, one in weights_of(made).items()}
        return ArrayRecord(arrays_of(single)), metrics

    def configure_evaluate(
        self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid
    ) -> Iterable[Message]:
        """Nothing is asked of the clients but updates."""
        return []

    def aggregate_evaluate(
        self, server_round: int, replies: Iterable[Message]
    ) -> MetricRecord | None:
        """Nothing was asked."""
        return None

    def summary(self) -> None:
        """Flower's own, of what is inside."""
        self.inner.summary()
