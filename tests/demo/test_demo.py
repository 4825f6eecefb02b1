"""The page as a text: what is in it, what is refused, and that nothing gets out of its place."""

import base64
import csv
import gzip
import hashlib
import json
import re
import subprocess
import sys
from html.parser import HTMLParser

import msgspec
import pytest

from rbench.demo import demo
from rbench.errors import OutputError, RecordError, ToolError, UsageError
from rbench.records.run_folder import read_items, write_items
from rbench.ship import Titles
from rbench.testing.answering import answering_run

EVIL = '</script><script>window.hurt = 1</script><img src=x onerror="window.hurt = 1">'


class Page(HTMLParser):
    """The elements of a page, and the text of its scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self.inside = [], {}, ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self.inside = dict(attributes).get("id", tag)

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside:
            self.texts[self.inside] = self.texts.get(self.inside, "") + data


def page_of(made):
    return Page(made.files["index.html"].decode())


def facts_of(made):
    return json.loads(page_of(made).texts["facts"])


def test_the_recommended_file_is_inside(made, runtime):
    found = demo(made)
    (cell,) = found.cells
    encoder, recipe = cell.split("/")
    model = gzip.decompress(base64.b64decode(page_of(found).texts["model-0"]))
    assert model == (made.folder / "models" / encoder / f"{recipe}.tflite").read_bytes()
    facts = facts_of(found)
    assert facts["key"] == hashlib.sha256(model).hexdigest()
    assert facts["ids"] == list(read_items(made.folder).items)
    assert facts["contract"] == {
        "signature": "recommend",
        "input": "context",
        "items": "items",
        "scores": "scores",
    }
    assert demo(made).files == found.files


def test_several_stand_beside_each_other_under_a_key_of_their_own(made, runtime):
    names = ("bow/float32", "bow/dynamic_wi8")
    found = demo(made, names)
    facts = facts_of(found)
    assert [model["name"] for model in facts["models"]] == list(found.cells) == list(names)
    keys = {facts_of(demo(made, chosen))["key"] for chosen in (names, names[::-1], names[:1])}
    assert len(keys) == 3


def test_it_allows_itself_what_it_needs_and_no_connection(made, runtime):
    page = page_of(demo(made))
    policy = next(
        attributes["content"]
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    )
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["connect-src"] == rules["form-action"] == "'none'"
    for name in ("runtime", "engine", "script", "style"):
        digest = base64.b64encode(hashlib.sha256(page.texts[name].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in rules["style-src" if name == "style" else "script-src"]
    assert "unsafe-inline" not in policy
    assert "http" not in policy


def test_nothing_is_asked_of_anybody(made, runtime):
    for tag, attributes in page_of(demo(made)).elements:
        assert not set(attributes) & {"src", "srcset", "action", "ping", "style", "onclick"}, tag
        assert not attributes.get("href", "").startswith(("http", "//"))


def evil_run(folder):
    run = answering_run(folder)
    items = read_items(folder)
    hostile = ("", EVIL, "\u202egnp.exe", "<!--", "\u2028", *items.items[5:])
    write_items(folder, msgspec.structs.replace(items, items=hostile))
    return run, hostile


def test_hostile_names_stay_where_they_are(tmp_path, runtime):
    run, hostile = evil_run(tmp_path / "run")
    found = demo(run, title=EVIL)
    page = page_of(found)
    assert [tag for tag, _ in page.elements if tag == "img"] == []
    assert facts_of(found)["ids"] == list(hostile)
    assert [tag for tag, _ in page.elements] == [
        tag for tag, _ in page_of(demo(run, title="x")).elements
    ]
    text = found.files["index.html"].decode()
    assert "<script>window.hurt" not in text
    scripts = [attributes.get("id") for tag, attributes in page.elements if tag == "script"]
    assert scripts == ["facts", "wasm", "glue", "model-0", "runtime", "engine", None]


def test_titles_are_shown_in_place_of_ids(made, runtime, tmp_path):
    ids = read_items(made.folder).items
    path = tmp_path / "movies.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["itemId", "title"])
        writer.writerows([[ids[1], "Heat (1995)"], [ids[2], EVIL]])
    found = demo(made, titles=Titles(path))
    assert facts_of(found)["names"][:4] == ["", "Heat (1995)", EVIL, ""]
    assert any("no line" in note for note in found.notes)


def test_a_folder_is_kept_by_a_worker_of_its_own(made, runtime, tmp_path):
    found = demo(made, folder=True)
    assert set(found.files) == {"index.html", "sw.js", "manifest.webmanifest", "icon.svg"}
    assert facts_of(found)["offline"] is True
    assert json.loads(found.files["manifest.webmanifest"])["start_url"] == "./"
    cache = re.search(r'CACHE = "(rbench-demo-\w+)"', found.files["sw.js"].decode())[1]
    other = demo(made, ("bow/static_wi8_ai8",), folder=True).files["sw.js"].decode()
    assert cache not in other
    found.write(tmp_path / "site")
    assert {path.name for path in (tmp_path / "site").iterdir()} == set(found.files)


def test_one_file_is_written_whole(made, runtime, tmp_path):
    found = demo(made, title="Films")
    found.write(tmp_path / "demo.html")
    assert (tmp_path / "demo.html").read_bytes() == found.files["index.html"]
    assert "<title>Films</title>" in found.files["index.html"].decode()


@pytest.mark.parametrize("folder", [False, True])
def test_an_earlier_page_is_written_over_and_nothing_else(made, runtime, tmp_path, folder):
    place = tmp_path / "site" if folder else tmp_path / "demo.html"
    page = place / "index.html" if folder else place
    demo(made, title="One", folder=folder).write(place)
    demo(made, title="Two", folder=folder).write(place)
    assert "<title>Two</title>" in page.read_text()
    page.write_text("<!doctype html><title>Mine</title>")
    with pytest.raises(OutputError, match="no page of rbench demo"):
        demo(made, folder=folder).write(place)
    assert "Mine" in page.read_text()


def test_without_the_runtime_the_command_is_named(made, no_runtime):
    with pytest.raises(ToolError, match="rbench tool fetch litertjs"):
        demo(made)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (("bow/float32",) * 2, "named twice"),
        (tuple("abcde"), "5 cells.*at most 4"),
        (("bow/nothing",), "no cell 'bow/nothing'.*allowed: bow/dynamic_wi8"),
    ],
)
def test_cells_that_cannot_be_shown_are_refused(made, runtime, cells, said):
    with pytest.raises(UsageError, match=said):
        demo(made, cells)


def test_a_changed_file_is_refused(tmp_path, runtime):
    run = answering_run(tmp_path / "run", recipes=("float32",))
    path = tmp_path / "run" / "models" / "bow" / "float32.tflite"
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(RecordError, match=r"float32\.tflite"):
        demo(run, ("bow/float32",))


def test_a_state_that_browsers_do_not_keep_is_refused(made, runtime, monkeypatch):
    from types import SimpleNamespace

    from rbench.demo import making

    graph = SimpleNamespace(tensors=[SimpleNamespace(isVariable=True)])
    monkeypatch.setattr(making, "read", lambda _: SimpleNamespace(subgraphs=[graph]))
    with pytest.raises(UsageError, match=r"--cell lstm/unrolled\+float32"):
        demo(made, ("lstm/float32",))


WITHOUT = """
import sys
from pathlib import Path
blocked = ("tensorflow", "tf_keras", "ai_edge_quantizer", "ai_edge_litert", "pandas", "plotly")
sys.modules |= dict.fromkeys(blocked)
from rbench import litertjs
from rbench.cli import main
run, page, runtime = sys.argv[1:]
litertjs.fetched = lambda: litertjs.Runtime(Path(runtime), "00")
main(["demo", run, "-o", page])
"""


@pytest.mark.slow
def test_no_tensorflow_is_needed(made, runtime, tmp_path):
    """Nor a runtime on this host, nor what reports need."""
    words = (str(made.folder), str(tmp_path / "x.html"), str(runtime.folder))
    done = subprocess.run(
        [sys.executable, "-P", "-c", WITHOUT, *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "x.html").is_file()


@pytest.mark.slow
def test_the_runtime_is_asked_for(made, command, no_runtime):
    done = command("demo", made.folder, "-o", "x.html", check=2)
    assert "rbench tool fetch litertjs" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--column", "title"], "--titles"),
        (["--cell", "x/y"], "no cell 'x/y'"),
    ],
)
def test_wrong_words_write_nothing(made, runtime, tmp_path, words, said):
    from click.testing import CliRunner

    from rbench.cli.demo import command
    from rbench.errors import RbenchError

    out = tmp_path / "out.html"
    done = CliRunner().invoke(command, [str(made.folder), "-o", str(out), *words])
    assert isinstance(done.exception, RbenchError)
    assert said in str(done.exception)
    assert not out.exists()


def test_the_command_writes_and_says_where(made, runtime, tmp_path):
    from click.testing import CliRunner

    from rbench.cli.demo import command

    out = tmp_path / "out.html"
    done = CliRunner().invoke(
        command, [str(made.folder), "-o", str(out), "--cell", "bow/float32"], standalone_mode=False
    )
    assert done.return_value == 0, done.exception
    assert out.is_file()
    assert done.output.splitlines()[-1] == str(out)
    again = CliRunner().invoke(command, [str(made.folder), "-o", str(tmp_path)])
    assert isinstance(again.exception, UsageError)
