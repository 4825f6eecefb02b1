"""Fetching the tool, from a server of our own on this machine."""

import hashlib
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rbench.errors import OutputError, ToolError, Unsupported
from rbench.profile.tools.benchmark_model import fetch as module
from rbench.profile.tools.benchmark_model import tool
from rbench.profile.tools.benchmark_model.fetch import PLATFORMS, fetch, fetched

X86, PHONE = "linux-x86_64", "android-aarch64"


def executable(processor: int, text: bytes = b"") -> bytes:
    """The beginning of an ELF file for a processor, and some more."""
    return b"\x7fELF" + bytes(12) + struct.pack("<HH", 3, processor) + bytes(600_000) + text


@pytest.fixture
def site(monkeypatch):
    """File name -> content, served; ``cut`` is how many bytes of one are sent."""

    class Site:
        cut: int | None = None

        def __init__(self):
            self.files = {name: executable(processor) for name, processor in PLATFORMS.values()}
            self.asked = []
            self.url = ""

    made = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            made.asked.append(self.path)
            content = made.files.get(self.path.rpartition("/")[2])
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write((content or b"")[: made.cut])

        def log_message(self, *_):
            pass

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made.url = f"http://127.0.0.1:{server.server_port}/latest"
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "home", lambda: tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_comes_can_be_used(site, own_home, platform):
    seen = []
    made = fetch(platform, report=seen.append, base=site.url)
    assert site.asked == [f"/latest/{PLATFORMS[platform][0]}"]
    assert made.new
    assert made.path == own_home / platform / "benchmark_model"
    assert made.path.stat().st_mode & 0o111 == 0o111
    assert made.sha256 == hashlib.sha256(made.path.read_bytes()).hexdigest()
    beside = made.path.with_name("benchmark_model.sha256")
    assert beside.read_text() == f"{made.sha256}  benchmark_model\n"
    assert (seen[-1].done, seen[-1].total) == (len(made.path.read_bytes()),) * 2
    assert [path.name for path in own_home.iterdir()] == [platform]
    assert fetched(platform) == made.path


def test_it_is_found_afterwards(site, own_home, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in (tool.VARIABLE, tool.FOR_PHONES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module, "here", lambda: X86)
    assert (tool.present(), tool.present(phones=True)) == ("", "")
    with pytest.raises(Unsupported, match="rbench tool fetch benchmark_model"):
        tool.find("")
    host, phone = fetch(X86, base=site.url), fetch(PHONE, base=site.url)
    assert (tool.find(""), tool.find_for_phones("")) == (host.path, phone.path)
    assert (tool.present(), tool.present(phones=True)) == tuple(
        tool.build(found.sha256) for found in (host, phone)
    )
    named = tmp_path / "benchmark_model"
    named.write_text("#!/bin/sh\n")
    named.chmod(0o755)
    assert tool.find("") == named.resolve()


def test_once_is_enough_and_again_takes_the_latest(site, own_home):
    first = fetch(X86, base=site.url)
    assert not fetch(X86, base=site.url).new
    assert len(site.asked) == 1
    site.files[PLATFORMS[X86][0]] = executable(PLATFORMS[X86][1], b"newer")
    second = fetch(X86, base=site.url, again=True)
    assert second.new
    assert second.sha256 != first.sha256
    assert fetched(X86) == second.path
    assert [path.name for path in own_home.iterdir()] == [X86]


def test_a_changed_tool_is_not_used(site, own_home, monkeypatch):
    made = fetch(PHONE, base=site.url)
    made.path.write_bytes(executable(PLATFORMS[PHONE][1], b"changed"))
    monkeypatch.delenv(tool.FOR_PHONES, raising=False)
    with pytest.raises(ToolError, match=f"was changed.*allowed: {made.sha256}.*--again"):
        fetched(PHONE)
    with pytest.raises(Unsupported, match="was changed"):
        tool.find_for_phones("")
    with pytest.raises(ToolError, match="fetch it anew with --again"):
        fetch(PHONE, base=site.url)
    assert fetch(PHONE, base=site.url, again=True).sha256 == made.sha256
    made.path.with_name("benchmark_model.sha256").unlink()
    with pytest.raises(ToolError, match="but nothing does"):
        fetched(PHONE)


def test_a_wanted_build(site, own_home):
    content = site.files[PLATFORMS[X86][0]]
    wanted = hashlib.sha256(content).hexdigest()
    with pytest.raises(ToolError, match=f"download's sha256 is {wanted}; allowed: 00"):
        fetch(X86, base=site.url, sha256="00")
    assert list(own_home.iterdir()) == []
    assert fetch(X86, base=site.url, sha256=wanted.upper()).sha256 == wanted
    with pytest.raises(ToolError, match="the tool that is there has the sha256"):
        fetch(X86, base=site.url, sha256="00")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("missing", "the server answers 404"),
        ("cut", "cannot download|of 600020 bytes came"),
        ("page", "what came is no executable for linux-x86_64"),
        ("other", "what came is no executable for linux-x86_64"),
        ("empty", "what came is no executable"),
    ],
)
def test_nothing_is_left_of_what_cannot_be_used(site, own_home, spoil, reason):
    name = PLATFORMS[X86][0]
    if spoil == "missing":
        del site.files[name]
    elif spoil == "cut":
        site.cut = 300_000
    else:
        pages = {"page": b"<html>log in</html>" * 9, "other": executable(183), "empty": b""}
        site.files[name] = pages[spoil]
    with pytest.raises(ToolError, match=reason) as raised:
        fetch(X86, base=site.url)
    assert name in raised.value.where
    assert list(own_home.iterdir()) == []


def test_a_failed_refetch_leaves_what_was_there(site, own_home):
    made = fetch(X86, base=site.url)
    site.cut = 1000
    with pytest.raises(ToolError):
        fetch(X86, base=site.url, again=True)
    assert fetched(X86) == made.path


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.slow
def test_the_command(site, command, tmp_path):
    env = {"XDG_DATA_HOME": str(tmp_path / "data")}
    words = ("tool", "fetch", "benchmark_model", "--platform", PHONE)
    done = command(*words, "--mirror", site.url, env=env, check=0, blocked=("tensorflow",))
    assert "downloaded, sha256" in done.stdout
    assert (tmp_path / "data/rbench/tools" / PHONE / "benchmark_model").is_file()
    done = command(*words, "--mirror", site.url, env=env, check=0)
    assert "nothing was downloaded" in done.stdout
    done = command(*words, "--mirror", site.url, "--to", tmp_path / "mine", env=env, check=0)
    assert f"RBENCH_BENCHMARK_MODEL_ANDROID={tmp_path / 'mine'}" in done.stdout


def test_the_command_without_a_network(command, tmp_path):
    env = {"XDG_DATA_HOME": str(tmp_path / "data")}
    words = ("tool", "fetch", "benchmark_model", "--platform", X86)
    done = command(*words, "--mirror", closed_port(), env=env, check=2)
    assert "cannot download: Connection refused" in done.stderr
    assert "is there a network?" in done.stderr
    assert "Traceback" not in done.stderr
    assert not any(path.is_file() for path in (tmp_path / "data").rglob("*"))


def test_a_place_that_cannot_be_written(site, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        fetch(X86, tmp_path / "file", base=site.url)


def test_an_unknown_platform():
    with pytest.raises(ToolError, match="no build of benchmark_model for 'windows'"):
        fetch("windows")
