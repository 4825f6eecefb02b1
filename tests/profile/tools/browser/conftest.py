"""A stand-in for a browser: a program that says what a page would, without one."""

import sys

import pytest

PROGRAM = """\
#!{python}
import base64, json, os, signal, struct, subprocess, sys, time
from urllib.request import Request, urlopen

if "--version" in sys.argv:
    print("Standin 1.0 built on sand")
    sys.exit()
url = sys.argv[-1]

def say(what, document):
    with urlopen(Request(url + what, json.dumps(document).encode(), method="POST")) as answer:
        return json.load(answer)

with urlopen(url + "order") as answer:
    order = json.load(answer)

def output(name, kind, values):
    data = struct.pack(f"<{{len(values)}}{{'i' if kind == 'Int32Array' else 'f'}}", *values)
    return {{"name": name, "dtype": kind, "data": base64.b64encode(data).decode()}}

RESULT = dict(
    samples={{"invoke": [2e4, 3e4, 4e4], "query": [5e4, 6e4, 7e4]}},
    size={{"invoke": 90, "query": 40}},
    faults=[], told=[], warmups=7, load_ms=2.5, first_ms=1.5, runtime_ms=300, heap_bytes=1 << 24,
    tick_ns=5000, clock_ns=60, call_ns=900, agent="standin",
)

def answers(items, scores, **more):
    return say("answers", dict(adapter={{}}, faults=[], told=[], accelerated=False, outputs=[
        output("items", "Int32Array", items), output("scores", "Float32Array", scores)]) | more)

{body}
"""


@pytest.fixture
def standin(tmp_path, monkeypatch):
    """Makes one; its body knows ``order``, ``say``, ``answers`` and ``RESULT``."""

    def make(body):
        path = tmp_path / "standin"
        path.write_text(PROGRAM.format(python=sys.executable, body=body))
        path.chmod(0o755)
        monkeypatch.setenv("RBENCH_BROWSER", str(path))
        return path

    return make
