"""Which browsers are here, and how they are started."""

import os

import pytest

from rbench.errors import Unsupported
from rbench.profile.tools.browser import browsers, doctor
from rbench.profile.tools.browser.plugin import Browser, Chromium, Firefox


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A PATH with nothing in it yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv(browsers.VARIABLE, raising=False)
    browsers.version_of.cache_clear()
    return folder


def put(folder, name, said="Mozilla Firefox 153.7.0esr"):
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{said}'\n")
    program.chmod(0o755)
    return program


def test_where_none_is_here_it_is_said(path):
    with pytest.raises(Unsupported, match="no browser here; install one"):
        browsers.find()
    with pytest.raises(Unsupported, match="no firefox here"):
        browsers.find("firefox")
    target = next(iter(Browser.delegates))
    assert Browser().build(target) == ""


def test_chromium_comes_first_and_each_is_found_by_its_family(path):
    put(path, "firefox-esr")
    assert browsers.find().family == "firefox"
    chrome = put(path, "google-chrome", "Google Chrome 156.0 built on Debian")
    found = browsers.find()
    assert found == ("chromium", chrome, "Google Chrome 156.0")
    assert browsers.find("firefox").version == "Mozilla Firefox 153.7.0esr"


def test_one_can_be_named(path, monkeypatch):
    put(path, "chromium")
    other = put(path.parent, "my-firefox")
    monkeypatch.setenv(browsers.VARIABLE, str(other))
    assert browsers.find()[:2] == ("firefox", other)
    assert browsers.find("chromium").path == path / "chromium"
    monkeypatch.setenv(browsers.VARIABLE, "nowhere")
    with pytest.raises(Unsupported, match="no program 'nowhere'"):
        browsers.find()


def test_one_that_says_nothing_has_its_name(path):
    assert browsers.version_of(str(put(path, "chromium", ""))) == "chromium"


@pytest.mark.parametrize("family", browsers.NAMES)
def test_each_has_a_profile_of_its_own(tmp_path, family):
    one = browsers.Installed(family, tmp_path / "x", "")
    words = browsers.command(one, tmp_path, "http://127.0.0.1:1/", "wasm")
    assert words[0] == str(tmp_path / "x")
    assert words[-1] == "http://127.0.0.1:1/"
    assert any(str(tmp_path) in word for word in words[1:])
    assert not any("webgpu" in word for word in words)


def test_a_software_gpu_is_taken_where_it_was_chosen(tmp_path, monkeypatch):
    one = browsers.Installed("chromium", tmp_path / "x", "")
    monkeypatch.delenv("VK_ICD_FILENAMES", raising=False)
    monkeypatch.delenv("VK_DRIVER_FILES", raising=False)
    assert "swiftshader" not in str(browsers.command(one, tmp_path, "", "webgpu"))
    monkeypatch.setenv("VK_DRIVER_FILES", os.devnull)
    assert "--use-webgpu-adapter=swiftshader" in browsers.command(one, tmp_path, "", "webgpu")


def test_doctor_knows_them(path, monkeypatch, tmp_path):
    put(path, "firefox")
    monkeypatch.setenv("RBENCH_LITERTJS", str(tmp_path / "nowhere"))
    found = {one.name: one for one in doctor.found()}
    assert found["firefox"].here
    assert not found["chromium"].here
    assert found["chromium"].remedy == "apt-get install chromium"
    assert "rbench tool fetch litertjs" in found["LiteRT.js 2.5.3"].remedy


def test_each_says_what_it_is():
    assert {kind.word: kind.family for kind in (Browser, Chromium, Firefox)} == {
        "browser": "",
        "chromium": "chromium",
        "firefox": "firefox",
    }
