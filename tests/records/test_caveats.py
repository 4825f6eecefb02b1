"""What scores cannot say, and that every place that shows scores says it in the same words."""

import shutil

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from rbench import plugins
from rbench.cli.data import command as data_command
from rbench.cli.sweep_view import View
from rbench.compare import compare
from rbench.gate import judge, parse_budget
from rbench.records import DataSummary, Reading
from rbench.records.caveats import gaps, history_of, notes, notes_of
from rbench.testing.runs import example_run

USERS = 200


def summary(**details):
    return DataSummary(
        name="x",
        format="csv",
        users=USERS,
        items=10,
        catalogue=10,
        interactions=1000,
        split="leave_one_out",
        test_users=USERS,
        validation_users=USERS,
        checksum="c",
        details=details,
    )


MET = "60 of 200 (30 %) test targets are items that their user had met before"


def said(filtered=True, **details):
    return notes(summary(**details), filtered)


def test_a_log_without_oddities_needs_no_words():
    assert said() == said(filtered=False) == ()
    below = {
        "test_targets_in_history": 9,
        "test_targets_unknown": 9,
        "test_targets_tied": 39,
        "time_tie_share": 0.19,
        "test_targets_before_training_ends": 9,
    }
    assert said(**below) == ()


def test_targets_that_the_filter_hides():
    (found,) = said(test_targets_in_history=60)
    assert found.startswith(MET)
    assert found.endswith("count as misses and no score can be above 0.7000")
    (found,) = said(test_targets_in_history=200)
    assert found.startswith("200 of 200 test targets")
    assert found.endswith("every score is 0")


def test_targets_that_are_repeats_and_may_be_found():
    (found,) = said(filtered=False, test_targets_in_history=60)
    assert found.startswith(MET)
    assert "filter_history = false" in found
    assert found.endswith("with filter_history = true no score can be above 0.7000")


def test_targets_that_training_never_saw():
    (found,) = said(test_targets_unknown=150)
    assert found.startswith("150 of 200 (75 %) test targets are items that training never saw")
    assert found.endswith("no score can be above 0.2500")


def test_ties():
    (found,) = said(test_targets_tied=40, time_tie_share=0.5)
    assert found.startswith("40 of 200 (20 %) test targets have the time of the item before them")
    (found,) = said(test_targets_tied=0, time_tie_share=0.5)
    assert found.startswith("50 % of the steps within a user stay at the same time")


def test_leave_one_out_leaks():
    (found,) = said(test_targets_before_training_ends=199)
    assert found.startswith("199 of 200 (99 %) test targets are older than the newest interaction")
    assert "leave-one-out" in found


def test_few_users():
    few = msgspec.structs.replace(summary(), test_users=99)
    assert notes(few, True)[0].startswith("only 99 test users")
    assert notes(msgspec.structs.replace(few, test_users=1), True)[0].startswith(
        "only 1 test user:"
    )
    assert notes(msgspec.structs.replace(few, test_users=100), True) == ()


@pytest.mark.parametrize("odd", [None, "60", -60, 2**80, 1e300, float("inf"), [], {"a": 1}])
def test_facts_that_are_none_give_no_words(odd):
    names = ("test_targets_in_history", "test_targets_unknown", "test_targets_tied")
    assert said(**dict.fromkeys((*names, "time_tie_share"), odd)) == ()
    for users in (0, -1, 2**80):
        assert notes(msgspec.structs.replace(summary(), test_users=users), True) == ()


@pytest.fixture(scope="module")
def odd_run(tmp_path_factory):
    """A run on a log of repeats that was ranked without them."""
    run = example_run(
        tmp_path_factory.mktemp("odd"),
        encoders=("bow", "gru"),
        recipes=("float32",),
        targets=("cpu",),
        users=200,
        samples=20,
    )
    data = msgspec.structs.replace(run.info.data, details={"test_targets_in_history": 60})
    details = {"history": {"filtered": True, "reason": "filter_history = true was asked for"}}
    info = msgspec.structs.replace(run.info, data=data, details=details)
    return msgspec.structs.replace(run, info=info)


@pytest.mark.parametrize("kind", ["html", "markdown", "json", "csv"])
def test_every_report_says_it(odd_run, kind):
    text = plugins.report(kind).render(odd_run)
    assert MET in text
    assert "no score can be above 0.7000" in text


def test_a_report_of_a_log_without_oddities_says_nothing(odd_run):
    data = msgspec.structs.replace(odd_run.info.data, details={})
    info = msgspec.structs.replace(odd_run.info, data=data)
    for kind in ("html", "markdown", "json", "csv"):
        text = plugins.report(kind).render(msgspec.structs.replace(odd_run, info=info))
        assert "test targets" not in text


def test_what_is_worth_a_look_in_how_the_log_was_read_is_said_too(odd_run):
    read = Reading(format="csv", notes=("each 'session' is read as a user",))
    data = msgspec.structs.replace(odd_run.info.data, reading=read)
    run = msgspec.structs.replace(odd_run, info=msgspec.structs.replace(odd_run.info, data=data))
    assert notes_of(run)[0] == "each 'session' is read as a user"
    for kind in ("markdown", "json", "csv"):
        assert "is read as a user" in plugins.report(kind).render(run)


def test_a_comparison_says_it_of_the_run_that_it_is_true_of(odd_run):
    plain = msgspec.structs.replace(
        odd_run, info=msgspec.structs.replace(odd_run.info, details={}, data=None)
    )
    assert any(note.startswith(f"in A and in B: {MET}") for note in compare(odd_run, odd_run).notes)
    assert any(note.startswith(f"in A: {MET}") for note in compare(odd_run, plain).notes)
    assert any(note.startswith(f"in B: {MET}") for note in compare(plain, odd_run).notes)
    for kind in ("html", "markdown", "json"):
        assert MET in plugins.comparing(kind).compare(compare(odd_run, odd_run))


def test_a_gate_of_quality_says_it(odd_run):
    quality = parse_budget("[[cells]]\nquality.mrr = { min = 0.0 }")
    assert any(note.startswith(MET) for note in judge(quality, odd_run).notes)
    sizes = parse_budget('[[cells]]\nsize = { max = "1GB" }')
    assert not any(MET in note for note in judge(sizes, odd_run).notes)


def test_the_end_of_a_sweep_says_it(odd_run, capsys):
    View().finished(odd_run, odd_run.folder / "report.html")
    assert f"note: {MET}" in capsys.readouterr().out


CLICKS = "session_id,item_id,timestamp\n" + "".join(
    f"{user},{item},{1_700_000_000 + 1000 * user + 60 * step}\n"
    for user, items in enumerate(("ABA", "BAB", "CDC", "DCD", "ABAB", "CDCD"), start=1)
    for step, item in enumerate(items)
)


def test_describe_says_it_of_a_click_log(tmp_path):
    path = tmp_path / "clicks.csv"
    path.write_text(CLICKS)
    shown = CliRunner().invoke(data_command, ["describe", str(path)])
    assert shown.exit_code == 0
    assert "note: 6 of 6 test targets are items that their user had met before" in shown.output
    assert "with filter_history = true every score is 0" in shown.output
    assert "history: auto: 2 of 6 (33 %) validation targets" in shown.output
    filtered = CliRunner().invoke(data_command, ["describe", str(path), "--filter-history"])
    assert "count as misses and every score is 0" in filtered.output
    assert "history: filter_history = true was asked for" in filtered.output
    found = msgspec.json.decode(
        CliRunner().invoke(data_command, ["describe", str(path), "--json"]).stdout
    )
    assert found["history"]["filtered"] is False
    assert found["notes"][0].startswith("6 of 6 test targets")
    assert msgspec.convert(found, DataSummary).details["test_targets_in_history"] == 6


def test_runs_from_before_there_was_a_choice_were_filtered(odd_run):
    info = odd_run.info

    def ranked(**settings):
        changed = {**info.settings, "evaluate": settings}
        return msgspec.structs.replace(
            odd_run, info=msgspec.structs.replace(info, details={}, settings=changed)
        )

    assert history_of(ranked()) is None
    assert "filter_history = true" in notes_of(ranked())[0]
    assert "filter_history = false" in notes_of(ranked(filter_history=False))[0]
    assert history_of(ranked(filter_history="auto")).filtered
    for odd in ("no", 3, None, []):
        assert history_of(ranked(filter_history=odd)) is None


def test_what_a_folder_lacks(odd_run):
    assert gaps(odd_run) == ()
    one = msgspec.structs.replace(odd_run, records=odd_run.records[:1])
    assert gaps(one) == ("1 of 2 cells left no record: the sweep is not done",)
    info = msgspec.structs.replace(odd_run.info, study="", created="", rbench="")
    (nameless,) = gaps(msgspec.structs.replace(one, info=info))
    assert nameless.startswith("no run.json")
    (twice,) = gaps(msgspec.structs.replace(odd_run, records=(*odd_run.records, *one.records)))
    assert twice == "1 of 3 records are of a cell that has another one"


@pytest.mark.parametrize("kind", ["html", "markdown", "json", "csv"])
def test_a_report_says_that_ranks_were_changed(odd_run, tmp_path, kind):
    folder = tmp_path / "copy"
    shutil.copytree(odd_run.folder, folder)
    run = msgspec.structs.replace(odd_run, folder=folder)
    np.savez(run.artefact(run.records[0].quality.ranks), ranks=np.full(USERS, np.nan))
    (said,) = gaps(run)
    assert said.startswith("1 of 2 scores are not those of their ranks: artefacts/")
    assert "is not the file that was recorded" in said
    assert "1 of 2 scores are not those of their ranks" in plugins.report(kind).render(run)


@pytest.mark.parametrize("kind", ["html", "markdown", "json", "csv"])
def test_a_report_and_a_comparison_say_what_is_missing(odd_run, kind):
    one = msgspec.structs.replace(odd_run, records=odd_run.records[:1])
    missing = "1 of 2 cells left no record"
    assert missing in plugins.report(kind).render(one)
    assert any(missing in note for note in compare(odd_run, one).notes)


def test_models_that_are_given_more_than_the_context_are_named(tmp_path):
    run = example_run(tmp_path, encoders=("gru", "bow", "cnn"), recipes=("float32",))
    night = {"input": "night", "meaning": "1 at night", "request": False}
    ages = {"input": "ages", "meaning": "seconds to now", "request": True}
    facts = {"bow": {"a": night}, "cnn": {"a": ages}, "gru": {"a": night, "b": ages}}
    records = tuple(
        msgspec.structs.replace(one, settings={"features": facts[one.cell.encoder]})
        for one in run.records
    )
    found = notes_of(msgspec.structs.replace(run, records=records))
    assert found[0].startswith("cnn, gru uses the moment of the request")
    assert found[1] == "bow, gru are given night beside the context: 1 at night"
    alone = msgspec.structs.replace(run, records=records[2:4])
    assert notes_of(alone)[0] == "bow is given night beside the context: 1 at night"
