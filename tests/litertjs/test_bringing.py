"""Bringing the runtime: from a registry, or from where it is already."""

import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from rbench.errors import ToolError
from rbench.litertjs import bringing as module
from rbench.litertjs.bringing import fetch, fetched


@pytest.fixture
def registry(tarballs, monkeypatch):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            content = tarballs.get(self.path[1:])
            self.send_response(404 if content is None else 200)
            self.send_header("Content-Length", str(len(content or b"")))
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *_):
            pass

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_from_a_registry(registry, tmp_path):
    found = fetch(mirror=registry)
    assert found.new
    assert found.folder == tmp_path / "home"
    assert fetched() == found._replace(new=False)
    assert not fetch(mirror="http://127.0.0.1:9").new
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=found.folder, check=True)
    assert "Apache-2.0" in (found.folder / "LICENCE").read_text()
    assert not list(found.folder.rglob("package.json"))


def test_an_interrupted_fetch_leaves_what_was_there(registry, tarballs, tmp_path):
    before = fetch(mirror=registry)
    tarballs[module.PACKAGES[1].tarball] += b"more"
    with pytest.raises(ToolError, match="another integrity: sha512-"):
        fetch(mirror=registry, again=True)
    assert fetched().sha256 == before.sha256
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


@pytest.mark.parametrize("layout", ["registry's names", "npm pack's names", "node_modules"])
def test_from_where_the_user_has_it(tarballs, tmp_path, layout):
    place = tmp_path / "here"
    place.mkdir()
    for number, package in enumerate(module.PACKAGES):
        content = tarballs[package.tarball]
        if layout == "node_modules":
            folder = place / "node_modules" / package.name
            folder.mkdir(parents=True)
            for name, sent in module._unpacked(package, content, "").items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(sent)
        elif layout == "registry's names":
            (place / package.tarball.rpartition("/")[2]).write_bytes(content)
        else:
            name = ("litertjs-core", "litertjs-wasm-utils")[number]
            (place / f"{name}-{module.VERSION}.tgz").write_bytes(content)
    assert fetch(source=place).new
    assert fetched()
    if layout != "node_modules":
        assert fetch(source=next(place.iterdir()), again=True).new


def test_another_version_is_refused(tarballs, tmp_path):
    first = module.PACKAGES[0]
    folder = tmp_path / "node_modules" / first.name / "dist"
    folder.mkdir(parents=True)
    (folder / "index.js").write_text("other")
    with pytest.raises(ToolError, match=r"index.js is another one.*npm pack @litertjs/core"):
        fetch(source=tmp_path)
    assert not (tmp_path / "home").exists()


def test_no_tarball_is_told(tarballs, tmp_path):
    (tmp_path / f"core-{module.VERSION}.tgz").write_bytes(b"<html>")
    with pytest.raises(ToolError, match="no tarball of npm"):
        fetch(source=tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ToolError, match=r"no @litertjs/core .* there.*npm pack"):
        fetch(source=empty)


def test_where_it_is_absent_the_command_is_named(tarballs):
    with pytest.raises(ToolError, match="rbench tool fetch litertjs"):
        fetched()


def test_a_changed_file_is_told(registry):
    found = fetch(mirror=registry)
    path = found.path(0, "dist/index.js")
    path.write_text(path.read_text() + "more")
    with pytest.raises(ToolError, match=r"index.js: the fetched runtime was changed.*--again"):
        fetched()
    path.unlink()
    with pytest.raises(ToolError, match="cannot be read"):
        fetched()


def test_the_build_has_a_name_of_its_own(tarballs, registry, monkeypatch):
    first = fetch(mirror=registry).sha256
    package = module.PACKAGES[0]
    other = package._replace(files={**package.files, "dist/index.js": "0" * 64})
    monkeypatch.setattr(module, "PACKAGES", (other, module.PACKAGES[1]))
    assert module._digest(module.sums().encode()) != first
