"""The section about federated trainings: what they cost, and where privacy means nothing."""

import msgspec
import pytest

from rbench.testing.runs import example_run
from rbench_reports import federated
from rbench_reports.cells import Sheet
from rbench_reports.html import Html
from rbench_reports.markdown import Markdown

KNOWN = {
    "rounds": 400,
    "users": 600,
    "nodes": 600,
    "trained": 25_600,
    "down_bytes": 24_000_000_000,
    "up_bytes": 12_000_000_000,
    "seconds": 654.3,
}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """A run whose second encoder is its first one, trained federated."""
    folder = tmp_path_factory.mktemp("both")
    return example_run(folder, encoders=["gru", "attention"], recipes=["float32"], targets=["cpu"])


def told(run, change, **privacy):
    def edit(record):
        if record.cell.encoder == "gru":
            return record
        known = {**KNOWN, **({"privacy": privacy} if privacy else {})}
        return msgspec.structs.replace(
            record,
            settings={**record.settings, "federated": {"beside": "gru", "clip": 1.0}},
            training={**record.training, "federation": known},
        )

    return change(run, edit)


def test_both_trainings_stand_beside_each_other(both, change):
    run = told(both, change)
    (row,) = federated.rows(run, Sheet.of(run))
    scores = [f"{record.quality.metrics['ndcg@10'].value:.4f}" for record in run.records]
    assert [row.central, row.federated] == scores
    assert " to " in row.difference
    assert row.rounds == "400, 64 of 600"
    assert row.time == "654 s"
    assert (row.down, row.up) == ("40.0\u00a0MB", "20.0\u00a0MB") or "MB" in row.down
    assert row.weak
    assert row.privacy.startswith("none: clipped, no noise")


@pytest.mark.parametrize(
    ("privacy", "said", "weak"),
    [
        ({"epsilon": 6.3, "delta": 0.0016}, "epsilon 6.3 at delta 1.6e-03", False),
        (
            {"epsilon": 80.0, "delta": 0.0016, "users_wanted": 19_520},
            "from about 19,520 users on",
            True,
        ),
        ({"epsilon": 80.0, "delta": 0.0016}, "no number of users", True),
    ],
)
def test_privacy_that_means_nothing_is_said(privacy, said, weak):
    text, warned = federated.privacy({**KNOWN, "privacy": privacy}, {"clip": 1.0})
    assert said in text
    assert warned is weak


def test_nodes_of_several_users_are_told_apart_from_users():
    known = {**KNOWN, "nodes": 2, "privacy": {"epsilon": 3.0, "delta": 0.5}}
    assert "each of 2 nodes, not for each user" in federated.privacy(known, {})[0]


def test_both_reports_have_it(both, change):
    run = told(both, change, epsilon=80.0, delta=0.0016)
    page, text = Html().render(run), Markdown().render(run)
    assert 'id="federated"' in page
    assert "too few users" in page
    assert "## Federated training" in text
    assert "too few users" in text


def test_a_record_of_a_stranger_is_no_fault(both, change):
    def edit(record):
        said = {"beside": 3} if record.cell.encoder == "gru" else {}
        return msgspec.structs.replace(
            record, settings={"federated": said}, training={"federation": "many"}
        )

    run = change(both, edit)
    assert [row.rounds for row in federated.rows(run, Sheet.of(run))] == ["\N{EN DASH}"] * 2
    assert 'id="federated"' in Html().render(run)


def test_a_run_without_has_no_such_section(both):
    assert 'id="federated"' not in Html().render(both)
    assert "Federated training" not in Markdown().render(both)
