"""The app, over messages of Flower's own: what is drawn, averaged, kept, and gone on with."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="training needs rbench[sweep]")
pytest.importorskip("flwr", reason="Flower is not installed: pip install 'rbench[federated]'")

from rbench.federated.standing import FAULT
from rbench.federated.task import Task, clients, learn, learner_of, log_of, own
from rbench.train import cut


def same(one, other):
    return set(one) == set(other) and all(np.array_equal(one[name], other[name]) for name in one)


def windows_of(task, place):
    node = {"partition-id": place, "num-partitions": task.clients}
    sequences, columns = own(log_of(task.data), node)
    return cut(sequences, task.train.window, (), columns)


def test_a_node_has_the_log_of_one_user(log):
    dataset, _ = log
    users = clients(dataset)
    for place, user in enumerate(users):
        mine, _ = own(dataset, {"partition-id": place, "num-partitions": len(users)})
        assert len(mine) == 1
        assert np.array_equal(mine[0], dataset.train[int(user)])
    halves = [own(dataset, {"partition-id": n, "num-partitions": 2})[0] for n in (0, 1)]
    assert sum(map(len, halves)) == len(users)
    assert len(own(dataset, {})[0]) == len(users)


def test_plain_averaging_is_the_mean_of_the_clients_weights(task_of, trained):
    task = task_of(rounds=1, strategy="fedavg", clients_per_round=12)
    start = learner_of(task.text()).weights()
    made, standing, _ = trained(task)
    each = [learn(task, start, windows_of(task, n), 1, n).weights for n in range(task.clients)]
    for name, found in made.items():
        mean = np.mean([one[name] for one in each], axis=0)
        np.testing.assert_allclose(found, mean, atol=1e-6)
        assert found.dtype == np.float32
    assert standing.trained == task.clients
    assert standing.failed == 0
    assert standing.validation["ndcg@10"] > 0


@pytest.mark.parametrize("strategy", ["fedavgm", "fedadagrad", "fedadam", "fedyogi"])
def test_a_training_that_ended_goes_on_as_if_it_had_not(task_of, trained, strategy):
    whole = task_of("whole", strategy=strategy)
    made, standing, _ = trained(whole)
    broken = task_of("broken", strategy=strategy)
    with pytest.raises(KeyboardInterrupt):
        trained(broken, ending_after=3)
    again, gone_on, grid = trained(broken)
    assert grid.rounds == 1
    assert same(made, again)
    assert (gone_on.trained, gone_on.down_bytes, gone_on.up_bytes) == (
        standing.trained,
        standing.down_bytes,
        standing.up_bytes,
    )
    assert [one["round"] for one in gone_on.history] == [2, 3]


def test_only_updates_are_sent(task_of, trained):
    task = task_of()
    _, standing, grid = trained(task)
    size = sum(one.nbytes for one in learner_of(task.text()).weights().values())
    messages = 3 * 4
    assert len(grid.sent) == task.clients + messages
    for total in (standing.down_bytes, standing.up_bytes):
        assert size * messages < total < (size + 2000) * messages
    trainings = [one for one in grid.sent if one.metadata.message_type == "train"]
    assert all(set(one.content) == {"arrays", "config"} for one in trainings)


def test_clipping_shortens_an_update_before_it_leaves(task_of, trained):
    free, tight = (
        task_of("free", rounds=1, strategy="fedavg"),
        task_of("tight", rounds=1, strategy="fedavg", clip=1e-3),
    )
    start = learner_of(free.text()).weights()

    def moved(task):
        weights, _, _ = trained(task)
        return np.sqrt(sum(((weights[name] - one) ** 2).sum() for name, one in start.items()))

    assert moved(tight) <= 1.001e-3
    assert moved(free) > 1e-2


def test_noise_has_the_size_that_the_accounting_counts_on(task_of, trained):
    """Of each number of the average: multiplier x clip / expected clients."""
    asked = {"rounds": 1, "strategy": "fedavg", "clip": 0.1, "clients_per_round": 6}
    plain, _, _ = trained(task_of("plain", **asked, noise_multipliers=(1e-9,)))
    noisy, _, _ = trained(task_of("noisy", **asked, noise_multipliers=(2.0,)))
    noise = np.concatenate([(noisy[name] - plain[name]).ravel() for name in plain])
    assert abs(noise.std() / (2.0 * 0.1 / 6) - 1) < 0.15
    assert abs(noise.mean()) < 0.01


def test_with_noise_each_user_is_drawn_by_itself(task_of, trained):
    task = task_of(rounds=3, clip=1.0, noise_multipliers=(0.1,))
    _, standing, grid = trained(task)
    assert standing.round == 3
    trainings = [one for one in grid.sent if one.metadata.message_type == "train"]
    assert standing.trained == len(trainings)


def test_a_round_that_draws_nobody_is_noise_alone(task_of, trained, monkeypatch):
    from rbench.federated.strategy import Rounds

    drawn = Rounds.drawn
    monkeypatch.setattr(Rounds, "drawn", lambda self, n: [] if n == 2 else drawn(self, n))
    asked = {"strategy": "fedavg", "clip": 1.0, "clients_per_round": 6}
    one, _, _ = trained(task_of("one", rounds=1, **asked, noise_multipliers=(0.1,)))
    two, standing, _ = trained(task_of("two", rounds=2, **asked, noise_multipliers=(0.1,)))
    assert standing.round == 2
    noise = np.concatenate([(two[name] - made).ravel() for name, made in one.items()])
    assert noise.any()
    assert noise.std() <= 1.15 * 0.1 / 6  # times the server's step


def test_one_user_less_changes_the_average_by_no_more_than_a_clipped_update(task_of, trained):
    """The sensitivity behind the noise: over a fixed number of clients, whoever takes part."""
    from flwr.app import ArrayRecord, Message, MetricRecord, RecordDict

    from rbench.federated.arrays import arrays_of, weights_of
    from rbench.federated.strategy import Average

    start = {"a": np.zeros(4, np.float32)}
    updates = [np.eye(4, dtype=np.float32)[n] for n in range(4)]  # of length 1 each

    def mean(of):
        average = Average(8)
        average.configure_train(1, ArrayRecord(arrays_of(start)), None, None)
        replies = []
        for one in of:
            asked = Message(RecordDict(), dst_node_id=1, message_type="train")
            content = RecordDict(
                {
                    "arrays": ArrayRecord(arrays_of({"a": one})),
                    "metrics": MetricRecord({"num-examples": 1, "loss": 0.0}),
                }
            )
            replies.append(Message(content, reply_to=asked))
        return weights_of(average.aggregate_train(1, replies)[0])["a"]

    for left_out in range(4):
        rest = [one for n, one in enumerate(updates) if n != left_out]
        assert np.linalg.norm(mean(updates) - mean(rest)) <= 1 / 8 + 1e-6


def test_nodes_that_hold_several_users(task_of, trained):
    task = task_of(rounds=1, clients_per_round=2, superlink="127.0.0.1:1")
    _, standing, _ = trained(task, nodes=2)
    assert (standing.nodes, standing.trained) == (2, 2)
    assert standing.validation == {}  # the server of a deployment has nobody's log


def test_weights_that_break_say_so(task_of, trained):
    task = task_of(strategy="fedavg", local_learning_rate=1000.0, server_learning_rate=1000.0)
    with pytest.raises(Exception, match=r"no finite numbers|nan"):
        trained(task)
    assert "local_learning_rate" in (Path(task.folder) / FAULT).read_text("utf-8")


def test_a_task_is_text(task_of):
    task = task_of()
    assert Task.of(task.text()) == task
