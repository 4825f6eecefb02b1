"""The page's server: isolated, behind a path of its own, and gone afterwards."""

import http.client
import json
from urllib.parse import urlsplit

import pytest

from rbench.profile.tools.browser.server import Server


@pytest.fixture
def asked():
    return []


@pytest.fixture
def server(asked):
    def heard(what, document):
        asked.append((what, document))
        return {"time": True}

    files = {"index.html": b"<!doctype html>", "wasm/a.wasm": b"\0asm", "order": b"{}"}
    with Server(files, heard) as found:
        yield found


def ask(server, method, path, body=None):
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=5)
    connection.request(method, path, body)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer, content


def test_pages_are_isolated(server):
    path = urlsplit(server.url).path
    for name, kind in (("", "text/html; charset=utf-8"), ("wasm/a.wasm", "application/wasm")):
        answer, content = ask(server, "GET", path + name)
        assert answer.status == 200
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert content


def test_what_the_page_says_is_heard(server, asked):
    path = urlsplit(server.url).path
    answer, content = ask(server, "POST", path + "answers", json.dumps({"a": 1}))
    assert (answer.status, json.loads(content)) == (200, {"time": True})
    assert asked == [("answers", {"a": 1})]


def test_nobody_else_is(server, asked):
    path = urlsplit(server.url).path
    assert len(path) > 20
    for other in ("/", "/order", "/guess/order", path + "../order", path + "nothing", "/x" + path):
        assert ask(server, "GET", other)[0].status == 404
    assert ask(server, "POST", "/answers", "{}")[0].status == 404
    assert asked == []


def test_it_listens_on_loopback_alone(server):
    assert urlsplit(server.url).hostname == "127.0.0.1"


def test_it_is_gone_afterwards():
    with Server({}, lambda *_: {}) as found:
        pass
    with pytest.raises(OSError, match="refused"):
        ask(found, "GET", "/")
