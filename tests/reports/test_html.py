import gzip
import json
import math
import re
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest

from rbench import plugins
from rbench.records import Estimate, Record, Run, RunInfo
from rbench.text import shown
from rbench_reports.html import Html
from rbench_reports.page import embedded

EVIL = '</script><script>alert(1)</script><img src=x onerror="alert(2)">\'"&{{7*7}}\u2028'


class Tags(HTMLParser):
    """Every tag of a page, and the text of every script and table."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


def document(page: str, name: str):
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.S)
    return json.loads(found[1])


def unpacked(page: str, name: str) -> bytes:
    found = re.search(rf'<script type="text/plain" id="{name}">([\w+/=]*)</script>', page)
    return gzip.decompress(b64decode(found[1]))


@pytest.fixture(scope="module")
def page(run) -> str:
    return Html().render(run)


def test_is_found_by_its_entry_point():
    report = plugins.report("html")
    assert isinstance(report, Html)
    assert report.suffix == ".html"


def test_loads_nothing_from_anywhere(page):
    for tag, attributes in parsed(page).tags:
        if tag != "a":
            assert "src" not in attributes, (tag, attributes)
            assert attributes.get("href", "data:,") == "data:,"
        assert tag not in ("iframe", "object", "embed", "form", "base")
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


def test_sections_stand_in_the_order_of_the_questions(page):
    names = [a["id"] for tag, a in parsed(page).tags if tag == "section"]
    assert names == ["ship", "choices", "quality", "why", "trust"]


def test_every_state_is_a_word_a_mark_and_a_reason(page):
    for word, mark in (("failed", "✕"), ("unsupported", "⊘"), ("unstable", "≈"), ("invalid", "!")):
        assert re.search(rf'state-{word}"[^>]*><span class="mark"[^>]*>{mark}</span>{word}', page)
    for reason in ("signal 11", "cannot meet this recipe", "rounds disagree", "clock went back"):
        assert reason in page


def test_numbers_of_the_page_are_the_records_numbers(run, page):
    cells = document(page, "chart-data")["cells"]
    assert {len(column) for column in cells.values()} == {len(run.records)}
    for ndcg, size, record in zip(cells["ndcg"], cells["size"], run.records, strict=True):
        if record.state == "ok":
            assert ndcg == record.quality.metrics["ndcg@10"].value
            assert size == record.model.size_bytes
            assert f"{record.model.size_bytes / 1000:,.1f}" in page
            assert f"{record.timing.median_us:.1f}" in page
    back = msgspec.json.decode(unpacked(page, "records-json"), type=tuple[Record, ...])
    assert back == run.records
    assert unpacked(page, "records-csv").decode() == plugins.report("csv").render(run)


def test_the_gpu_and_the_delegate_s_words_stand_where_delegation_does(rich):
    text = Html().render(rich)
    gpu = "A GPU that does not exist"
    assert f"to {gpu}, simulated on the CPU" in text
    assert '<span class="line said">“TOPK_V2: not supported (made up for a test)”</span>' in text
    trust = text[text.index('id="runners"') :]
    assert f"gpu on {gpu}, simulated on the CPU" in trust
    assert "“TOPK_V2: not supported (made up for a test)” (1 cell)" in trust


def test_hostile_names_and_reasons_stay_text(rich, change):
    def poison(record):
        cell = msgspec.structs.replace(record.cell, encoder=EVIL, recipe=f"{EVIL}r", target=EVIL)
        return msgspec.structs.replace(
            record,
            cell=cell,
            reason=EVIL,
            stage=EVIL,
            command=EVIL,
            versions={EVIL: EVIL},
            settings={EVIL: {EVIL: EVIL}},
            model=record.model and poisoned(record.model),
            timing=record.timing and msgspec.structs.replace(record.timing, ops_us={EVIL: 1.0}),
            delegation=record.delegation
            and msgspec.structs.replace(
                record.delegation,
                delegate=EVIL,
                adapter=EVIL,
                remarks=(EVIL,),
                nodes_delegated=0,
                left_behind={EVIL: 1},
            ),
            replicates=tuple(
                msgspec.structs.replace(r, model=poisoned(r.model)) for r in record.replicates
            ),
        )

    def poisoned(model):
        constant = {"tensor": EVIL, "type": EVIL, "shape": [EVIL], "size_bytes": 9, "tensors": EVIL}
        census = {"constants": [constant], "item_table": {"buffers": 2, "reason": EVIL}}
        return msgspec.structs.replace(
            model, census=census, tensor_bytes={EVIL: 20}, ops={EVIL: 1}, converter=EVIL
        )

    evil_run = change(
        rich,
        poison,
        study=EVIL,
        created=EVIL,
        rbench=EVIL,
        command=EVIL,
        settings={"train": {EVIL: EVIL}},
        details={"noise": {EVIL: {"difference": 0.1, "cell": EVIL}}},
    )
    clean, evil = parsed(Html().render(rich, rich)), parsed(Html().render(evil_run, evil_run))
    assert {tag for tag, _ in evil.tags} <= {tag for tag, _ in clean.tags}
    scripts = [tag for tag, _ in evil.tags].count("script")
    assert scripts == [tag for tag, _ in clean.tags].count("script")
    assert not any("onerror" in attributes for _, attributes in evil.tags)
    assert any("alert(1)" in text for text in evil.texts)
    assert any("{{7*7}}" in text for text in evil.texts)


@pytest.mark.parametrize("value", [EVIL, {EVIL: [EVIL, None, 1.5]}, "<!--<script>", "a\u2029b"])
def test_embedded_json_reads_back_and_holds_no_markup(value):
    text = str(embedded(value))
    assert json.loads(text) == shown.each(value, shown.line)
    assert not set(text) & set("<>&\u2028\u2029")


def test_embedded_json_has_null_for_what_is_not_finite():
    assert json.loads(str(embedded([math.nan, math.inf, 1.0]))) == [None, None, 1.0]


def test_a_tool_that_tells_no_percentiles_never_breaks_the_page(small, change):
    def silence(record):
        timing = msgspec.structs.replace(
            record.timing, p90_us=None, p95_us=None, p99_us=None, quantiles_us=(), samples=""
        )
        return msgspec.structs.replace(record, timing=timing)

    silent = change(small, silence)
    for before in (silent, small, None):
        text = Html().render(silent, before) if before else Html().render(silent)
        assert len(document(text, "chart-data")["cells"]["place"]) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e308, -1e308, 0.0])
def test_odd_numbers_never_break_the_page(small, change, value):
    def spoil(record):
        odd = Estimate(value=value, low=value, high=value)
        timing = msgspec.structs.replace(
            record.timing,
            median_us=value,
            p95_us=value,
            load_us=value,
            quantiles_us=(value,) * 101,
            round_medians_us=(value, value),
        )
        metrics = dict.fromkeys(record.quality.metrics, odd)
        quality = msgspec.structs.replace(record.quality, metrics=metrics, coverage=value)
        return msgspec.structs.replace(record, timing=timing, quality=quality)

    spoilt = change(small, spoil)
    text = Html().render(spoilt, spoilt)
    assert len(document(text, "chart-data")["cells"]["place"]) == 2
    if not math.isfinite(value):
        assert "not a number" in text


def test_records_with_nothing_but_a_name(small, change):
    bare = change(
        small,
        lambda r: msgspec.structs.replace(
            r, model=None, quality=None, timing=None, delegation=None, machine=None, command=""
        ),
        data=None,
        machine=None,
        baselines={},
        versions={},
        settings={},
    )
    assert "Nothing can be recommended" in Html().render(bare)


def test_an_empty_run_says_so(tmp_path: Path):
    empty = Run(folder=tmp_path, info=RunInfo(study="", created="", rbench=""), records=())
    text = Html().render(empty)
    assert "Nothing can be recommended" in text
    assert "This run made no files." in text
    assert "This run holds no baselines." in text


def test_a_run_where_everything_failed(small, change):
    failed = change(
        small,
        lambda r: msgspec.structs.replace(
            r, state="failed", reason="boom", model=None, quality=None, timing=None
        ),
    )
    text = Html().render(failed)
    assert "Nothing can be recommended" in text
    assert "boom" in text


def test_same_records_same_page(run):
    assert Html().render(run) == Html().render(run)
