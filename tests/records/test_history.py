import msgspec
import pytest

from rbench.records import DataSummary
from rbench.records.history import history, part_of


def summary(**details):
    return DataSummary(
        name="x",
        format="csv",
        users=200,
        items=10,
        catalogue=10,
        interactions=1000,
        split="leave_one_out",
        test_users=200,
        validation_users=200,
        checksum="c",
        details=details,
    )


@pytest.mark.parametrize(
    ("met", "filtered", "reason"),
    [
        (0, True, "auto: 0 of 200 validation targets"),
        (19, True, "auto: 19 of 200 (10 %) validation targets"),
        (20, False, "10 % or more"),
        (200, False, "auto: 200 of 200 validation targets"),
    ],
)
def test_the_share_of_repeats_among_validation_targets_decides(met, filtered, reason):
    found = history("auto", summary(validation_targets_in_history=met))
    assert found.filtered is filtered
    assert reason in found.reason


def test_the_test_is_not_looked_at():
    few = summary(validation_targets_in_history=3, test_targets_in_history=0)
    many = summary(validation_targets_in_history=3, test_targets_in_history=200)
    assert history("auto", few) == history("auto", many)


@pytest.mark.parametrize("choice", [True, False])
def test_what_was_asked_for_is_done(choice):
    found = history(choice, summary(validation_targets_in_history=200))
    assert found.filtered is choice
    assert f"filter_history = {str(choice).lower()}" in found.reason


@pytest.mark.parametrize("odd", [None, "20", -5, True, 2**80, [1], 1e300])
def test_what_is_no_count_of_targets_says_nothing(odd):
    assert history("auto", summary(validation_targets_in_history=odd)).filtered
    nobody = msgspec.structs.replace(summary(), validation_users=2**80)
    assert history("auto", nobody).filtered


def test_shares_are_not_rounded_to_nothing_or_all():
    assert part_of(0, 7) == "0 of 7"
    assert part_of(7, 7) == "7 of 7"
    assert part_of(1, 1000) == "1 of 1,000 (1 %)"
    assert part_of(999, 1000) == "999 of 1,000 (99 %)"
