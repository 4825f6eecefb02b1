"""Whatever a run's names, reasons and facts hold, each report is whole and shows it as text."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import msgspec
import pandas as pd
import pytest
from markupsafe import Markup

from rbench import plugins
from rbench.compare import compare
from rbench.records import CellName, Machine
from rbench.testing.hostile import HOSTILE
from rbench.testing.runs import example_run
from rbench.text.shown import odd

FORMATS = ("html", "markdown", "json", "csv")
TAME = "a tame name"


class Page(HTMLParser):
    """Tags with the names of their attributes."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, *sorted(name for name, _ in attrs if name != "open")))


def named(run, text):
    """The run with the text wherever a run holds text of others."""
    machine = Machine(name=text, cpu=text, cores=1, memory_bytes=2**30, system=text, python=text)

    def edit(record, number):
        timing, model, taken = record.timing, record.model, record.delegation
        if timing is not None:
            timing = msgspec.structs.replace(timing, reasons=(text,))
        if model is not None:
            model = msgspec.structs.replace(model, ops={text: 3}, converter=text)
        if taken is not None:
            taken = msgspec.structs.replace(
                taken, left_behind={text: 1}, remarks=(text,), adapter=text
            )
        target = f"xnnpack@{number % 2 + 1}"
        return msgspec.structs.replace(
            record,
            study=text,
            cell=CellName(encoder=f"{number // 8}{text}", recipe=record.cell.recipe, target=target),
            machine=machine,
            command=text,
            reason=text if record.state != "ok" else "",
            versions={text: text},
            timing=timing,
            model=model,
            delegation=taken,
        )

    info = msgspec.structs.replace(
        run.info, study=text, created=text, rbench=text, machine=machine, versions={text: text}
    )
    records = tuple(edit(record, number) for number, record in enumerate(run.records))
    return msgspec.structs.replace(run, info=info, records=records)


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """Twelve cells of an example, some of each state."""
    run = example_run(tmp_path_factory.mktemp("few"))
    ok = [record for record in run.records if record.state == "ok"][:6]
    odd_ones = [record for record in run.records if record.state != "ok"][:4]
    return msgspec.structs.replace(run, records=(*ok, *odd_ones))


@pytest.fixture(scope="module")
def documents(few):
    known = {}
    patch = pytest.MonkeyPatch()
    for module in ("report_html", "compare_html"):  # four megabytes of no interest here
        patch.setattr(f"rbench_reports.{module}.plotly", lambda: Markup(""))

    def documents(kind, name):
        text = HOSTILE.get(name, name)
        if (kind, name) not in known:
            run = named(few, text)
            plugin = plugins.comparing(kind)
            known[kind, name] = (plugin.render(run, run), plugin.compare(compare(run, run)))
        return known[kind, name]

    yield documents
    patch.undo()


NAMES = pytest.mark.parametrize("name", [name for name in HOSTILE if name != "surrogate"])


@pytest.mark.slow
@NAMES
@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_of_it_does_more_than_stand_there(kind, name, documents):
    for text in documents(kind, name):
        bare = re.sub(r"<script type=\"text/plain\".*?</script>", "", text, flags=re.DOTALL)
        lines = bare.split("\n")
        assert not {letter for one in lines for letter in one if odd(letter)}
        assert not [one for one in lines if one.lstrip().startswith("::")]
        assert not re.search(r"##(\[|vso\[|teamcity\[)", bare)


@NAMES
def test_a_page_has_the_tags_of_a_tame_one(name, documents):
    for text, tame in zip(documents("html", name), documents("html", TAME), strict=True):
        page, expected = Page(text), Page(tame)
        assert set(page.found) - {("wbr",)} <= set(expected.found)
        scripts = [one[0] for one in page.found].count("script")
        assert scripts == [one[0] for one in expected.found].count("script")


@NAMES
def test_rows_of_csv_are_whole_in_every_reader(name, documents, few):
    whole, differences = documents("csv", name)
    rows = list(csv.reader(io.StringIO(whole, newline="")))
    assert len(rows) == len(few.records) + 1
    assert len({len(row) for row in rows}) == 1
    assert len(pd.read_csv(io.StringIO(whole))) == len(few.records)
    assert len(pd.read_csv(io.StringIO(whole), engine="python")) == len(few.records)
    assert whole.count("\n") == len(few.records) + 1, "a reader of lines sees the same rows"
    assert "\r" not in whole
    assert len({len(row) for row in csv.reader(io.StringIO(differences, newline=""))}) == 1
    for field in (field for row in rows for field in row):
        if not re.fullmatch(r"-?[\d.]+(e[+-]?\d+)?|-?inf", field):
            assert not re.match(r"\s*[=+@\-\uff1d]", field), field
        assert not re.search(r";\s*=", field)


@NAMES
def test_json_says_the_very_same(name, documents):
    rows = json.loads(documents("json", name)[0])
    assert {row["study"] for row in rows} == {HOSTILE[name]}
    assert {row["machine.cpu"] for row in rows} == {HOSTILE[name]}


@NAMES
def test_markdown_keeps_its_tables(name, documents):
    for text, tame in zip(documents("markdown", name), documents("markdown", TAME), strict=True):

        def widths(said):
            rows = [one for one in said.splitlines() if one.startswith("|")]
            return [row.replace("\\\\", "").replace("\\|", "").count("|") for row in rows]

        assert widths(text) == widths(tame)
        assert "<script" not in text
        assert "](" not in text.replace("\\](", "")
        assert "://" not in text


def test_a_path_that_is_not_utf_8_is_written_out(few):
    run = named(few, HOSTILE["surrogate"])
    for kind in FORMATS:
        plugin = plugins.comparing(kind)
        for text in (plugin.render(run, run), plugin.compare(compare(run, run))):
            assert r"\xff" in text or r"\\xff" in text
            text.encode()


def test_long_names_and_reasons_make_no_huge_page(documents):
    long, tame = documents("html", "long")[0], documents("html", TAME)[0]
    assert len(long) - len(tame) < 300 * 4000, "each is cut; as they are they make 20 MB"
