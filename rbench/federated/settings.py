"""How encoders are trained where the logs of users stay with them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from rbench.bounds import Bounded, Range

AUTO: Literal["auto"] = "auto"


class FederatedSettings(Bounded, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One recipe of federated training for all encoders of a study: each user is a client.

    What a client learns with besides is what ``[train]`` says of loss, dropout and windows.
    """

    strategy: Literal["fedavg", "fedavgm", "fedadagrad", "fedadam", "fedyogi"] = "fedadam"
    """What the server makes of a round's average update, by Flower's name for it."""
    rounds: Annotated[int, Range(1, 1_000_000)] = 400
    clients_per_round: Annotated[int, Range(1, 10_000_000)] = 64
    """How many users train in a round. With noise, how many on average: each user is drawn by
    itself, which is what the accounting of privacy counts on."""
    local_epochs: Annotated[int, Range(1, 1000)] = 1
    """Passes of a client over its own windows, by plain gradient descent."""
    local_batch_size: Annotated[int, Range(1, 100_000)] = 32
    """Windows in a step of a client; most users have fewer, and so take one step an epoch."""
    local_learning_rate: Annotated[float, Range(1e-9, 1000.0)] = 1.0
    server_learning_rate: Annotated[float | Literal["auto"], Range(0.0, 1000.0)] = AUTO
    """What the server multiplies its step with; ``auto``: 1 of ``fedavg`` and ``fedavgm``, and what
    `rbench.train` takes at this width of the adaptive ones."""
    schedule: Literal["constant", "cosine"] = "cosine"
    """How the server's step goes on: as it is, or down to 2 % at the last round in half a
    cosine."""
    beta_1: Annotated[float, Range(0.0, 0.999999)] = 0.9
    """Momentum of the server; ``fedavg`` and ``fedadagrad`` have none."""
    beta_2: Annotated[float, Range(0.0, 0.999999)] = 0.99
    """The server's decay of the second moment: ``fedadam`` and ``fedyogi``."""
    tau: Annotated[float, Range(1e-12, 1000.0)] = 1e-8
    """What the adaptive ones add to the root of the second moment."""
    clip: Annotated[float, Range(0.0, 1e9)] = 0.0
    """The longest update, as the norm over all weights, that leaves a client; longer ones are
    shortened to it. 0: any."""
    noise_multipliers: Annotated[tuple[float, ...], Range(0.0, 1000.0)] = (0.0,)
    """One training of each encoder for each: the standard deviation of the noise in the sum of a
    round's updates, as a multiple of ``clip``. 0: no differential privacy."""
    delta: Annotated[float | Literal["auto"], Range(1e-300, 0.5)] = AUTO
    """The chance at which epsilon need not hold; ``auto``: one in as many as there are users."""
    validate_every: Annotated[int, Range(1, 1_000_000)] = 20
    """Rounds from one look at the validation split to the next, in simulations. Nothing is chosen
    by it: what is kept is what the last round made."""
    superlink: str = ""
    """Where Flower's SuperLink listens for ``flwr run``, as HOST:PORT; empty: a simulation here."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.noise_multipliers:
            raise ValueError("noise_multipliers must not be empty; allowed: [0.0] for no noise")
        twice = [one for one in self.noise_multipliers if self.noise_multipliers.count(one) > 1]
        if twice:
            raise ValueError(f"noise_multipliers names {twice[0]:g} twice")
        if any(self.noise_multipliers) and not self.clip:
            raise ValueError(
                "noise_multipliers are multiples of clip, which is 0: set it to the longest update "
                "that may leave a client, e.g. clip = 1.0"
            )
        _, colon, port = self.superlink.rpartition(":")
        if self.superlink and not (colon and port.isdigit() and 0 < int(port) < 65536):
            raise ValueError(f"superlink is {self.superlink!r}; allowed: HOST:PORT")

    @property
    def noise_multiplier(self) -> float:
        """Of one training: `each` has one."""
        return self.noise_multipliers[0]

    def each(self) -> tuple[FederatedSettings, ...]:
        """One for each training."""
        return tuple(
            msgspec.structs.replace(self, noise_multipliers=(one,))
            for one in self.noise_multipliers
        )

    def label(self, of: str) -> str:
        """What the encoder that is trained so is called in records and folders."""
        noise = f"-noise-{self.noise_multiplier:g}" if self.noise_multiplier else ""
        return f"{of}-federated{noise}"

    def said(self) -> dict[str, Any]:
        """For a record of one training."""
        known: dict[str, Any] = msgspec.to_builtins(self)
        del known["noise_multipliers"]
        return {**known, "noise_multiplier": self.noise_multiplier}
