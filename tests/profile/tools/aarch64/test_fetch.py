"""The sysroot, made of packages and wheels of the test's own; pip is the real one, offline."""

import hashlib
import importlib.util
import json
import zipfile
from pathlib import Path

import msgspec
import pytest

from rbench.errors import ToolError, Unsupported
from rbench.profile.fetching import Wanted
from rbench.profile.tools.aarch64 import bringing, doctor, fetch, sysroot
from rbench.profile.tools.aarch64.packages import MIRRORS, PACKAGES, PLATFORMS, Package
from rbench.progress import silent

VERSION = "2.3.0"
NAMES = ("python", "libc", "zlib")


@pytest.fixture
def debian(package, tmp_path, monkeypatch):
    """A mirror with three small packages, which are those that are wanted."""
    wanted = []
    for name in NAMES:
        files = {f"./usr/lib/{name}": name.encode()}
        if name == "python":
            files["./usr/bin/python3.11"] = b"elf"
        path = package(files, name=f"mirror/pool/{name}_1_arm64.deb")
        content = path.read_bytes()
        wanted.append(
            Package(f"pool/{path.name}", len(content), hashlib.sha256(content).hexdigest())
        )
    monkeypatch.setattr(fetch, "PACKAGES", tuple(wanted))
    return tmp_path / "mirror"


@pytest.fixture
def pip(monkeypatch):
    """A pip that brings what was asked for, and is asked how."""
    asked = []

    def stand_in(*words):
        asked.append(words)
        to, said = (Path(words[words.index(name) + 1]) for name in ("--target", "--report"))
        to.mkdir(parents=True)
        (to / "numpy").write_text("numpy")
        install = [
            {
                "metadata": {"name": name, "version": version},
                "download_info": {"archive_info": {"hashes": {"sha256": "00"}}},
            }
            for name, version in (("ai-edge-litert", VERSION), ("numpy", "2.4.6"))
        ]
        said.write_text(json.dumps({"install": install}))

    monkeypatch.setattr(fetch, "_pip", stand_in)
    monkeypatch.setattr(sysroot, "runtime_here", lambda: VERSION)
    return asked


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the sysroot goes."""
    place = tmp_path / "tools" / "aarch64"
    monkeypatch.setattr(sysroot, "home", lambda: place)
    return place


@pytest.fixture
def here(monkeypatch, tmp_path):
    """An emulator that says its version."""
    program = tmp_path / "qemu-aarch64"
    program.write_text("#!/bin/sh\necho qemu-aarch64 version 7.2.22 '(Debian)'\n")
    program.chmod(0o755)
    monkeypatch.setattr(sysroot, "emulator", lambda: program)
    return program


def left_in(folder):
    return sorted(path.name for path in folder.parent.iterdir()) if folder.parent.exists() else []


def test_it_is_made_whole_and_says_of_what(debian, pip, folder, here):
    told = []
    assert fetch.fetch(folder, told.append, mirrors=[debian.as_uri()])
    made = sysroot.manifest(folder)
    assert set(made.packages) == {f"{name}_1_arm64.deb" for name in NAMES}
    assert made.wheels == {"ai-edge-litert": VERSION, "numpy": "2.4.6"}
    assert (folder / "root/usr/lib/zlib").read_bytes() == b"zlib"
    assert (folder / "root/wheels/numpy").read_text() == "numpy"
    assert left_in(folder) == ["aarch64"]
    assert told[-2].done == told[-2].total == sum(one.size for one in fetch.PACKAGES)
    words = pip[0]
    assert words[words.index("--python-version") + 1] == "3.11"
    assert {"manylinux_2_27_aarch64", "manylinux2014_aarch64"} <= set(words)
    assert words[-2:] == (f"ai-edge-litert=={VERSION}", "numpy")
    assert {"--only-binary=:all:", "--no-deps"} <= set(words)
    build = sysroot.find("").build
    assert build == f"qemu 7.2.22, sysroot sha256:{made.sha256[:16]}"


def test_what_is_there_is_kept_unless_it_is_wanted_again(debian, pip, folder):
    mirrors = [debian.as_uri()]
    assert fetch.fetch(folder, mirrors=mirrors)
    assert not fetch.fetch(folder, mirrors=mirrors)
    assert fetch.fetch(folder, mirrors=mirrors, again=True)
    assert len(pip) == 2


def test_another_runtime_on_this_host_makes_it_anew(debian, pip, folder, here, monkeypatch):
    fetch.fetch(folder, mirrors=[debian.as_uri()])
    monkeypatch.setattr(sysroot, "runtime_here", lambda: "9.9.9")
    with pytest.raises(Unsupported, match=r"the sysroot has ai-edge-litert 2\.3\.0, this host 9"):
        sysroot.find("aarch64/cpu")
    assert fetch.fetch(folder, mirrors=[debian.as_uri()])
    assert pip[-1][-2] == "ai-edge-litert==9.9.9"


def test_what_left_the_first_mirror_comes_from_the_second(debian, pip, folder, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert fetch.fetch(folder, mirrors=[empty.as_uri(), debian.as_uri()])
    with pytest.raises(ToolError, match="empty"):
        fetch.fetch(folder, mirrors=[empty.as_uri()], again=True)
    assert sysroot.manifest(folder) is not None


@pytest.mark.parametrize("other", [b"!<arch>\nan attacker's", b""])
def test_another_file_is_never_unpacked(debian, pip, folder, other):
    changed = debian / "pool" / "libc_1_arm64.deb"
    wanted = len(changed.read_bytes())
    changed.write_bytes(other.ljust(wanted, b"x") if other else other)
    with pytest.raises(ToolError, match="another file") as raised:
        fetch.fetch(folder, mirrors=[debian.as_uri()])
    assert fetch.PACKAGES[1].sha256 in str(raised.value)
    assert not folder.exists()
    assert not pip


def test_a_longer_file_is_cut_off(debian, pip, folder):
    changed = debian / "pool" / "libc_1_arm64.deb"
    changed.write_bytes(changed.read_bytes() * 1000)
    with pytest.raises(ToolError, match="at most"):
        fetch.fetch(folder, mirrors=[debian.as_uri()])
    assert not folder.exists()


def test_a_stopped_download_goes_on_with_what_it_has(debian, pip, folder):
    last = debian / "pool" / "zlib_1_arm64.deb"
    content = last.read_bytes()
    last.unlink()
    with pytest.raises(ToolError):
        fetch.fetch(folder, mirrors=[debian.as_uri()])
    for name in ("python", "libc"):
        (debian / "pool" / f"{name}_1_arm64.deb").unlink()
    last.write_bytes(content)
    assert fetch.fetch(folder, mirrors=[debian.as_uri()])
    assert left_in(folder) == ["aarch64"]


def test_a_pip_that_fails_leaves_the_old_one(debian, pip, folder, monkeypatch):
    fetch.fetch(folder, mirrors=[debian.as_uri()])
    before = sysroot.manifest(folder)

    def failing(*words):
        raise ToolError("no network")

    monkeypatch.setattr(fetch, "_pip", failing)
    with pytest.raises(ToolError, match="no network"):
        fetch.fetch(folder, mirrors=[debian.as_uri()], again=True)
    assert sysroot.manifest(folder) == before
    assert left_in(folder) == [".aarch64-packages", "aarch64"]


def test_without_a_runtime_on_this_host_nothing_is_begun(debian, pip, folder, monkeypatch):
    monkeypatch.setattr(sysroot, "runtime_here", lambda: "")
    with pytest.raises(ToolError, match="ai-edge-litert is not on this host"):
        fetch.fetch(folder, mirrors=[debian.as_uri()])
    assert not folder.exists()


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("pip"), reason="pip is not installed")
def test_the_real_pip_takes_wheels_from_a_folder(debian, folder, monkeypatch, tmp_path):
    """As where there is no network: the packages and wheels were brought by other means."""
    monkeypatch.setattr(sysroot, "runtime_here", lambda: VERSION)
    for name, version, tags in (
        ("ai_edge_litert", VERSION, "cp311-cp311-manylinux_2_27_aarch64"),
        ("numpy", "2.4.6", "cp311-cp311-manylinux_2_27_aarch64.manylinux_2_28_aarch64"),
    ):
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(debian / "pool" / f"{name}-{version}-{tags}.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", "")
            wheel.writestr(
                f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
            )
            lines = "".join(f"Tag: cp311-cp311-{one}\n" for one in tags.split("-")[2].split("."))
            wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: false\n{lines}")
            wheel.writestr(f"{info}/RECORD", "")
    wanted = Wanted(source=debian / "pool")
    brought = bringing.Sysroot().fetch(wanted, silent)
    assert brought.new
    assert brought.path == folder
    made = sysroot.manifest(folder)
    assert made.wheels == {"ai-edge-litert": VERSION, "numpy": "2.4.6"}
    assert all(len(sha256) == 64 for sha256 in made.wheels_sha256.values())
    assert (folder / "root/wheels/ai_edge_litert/__init__.py").is_file()
    (debian / "pool" / "zlib_1_arm64.deb").unlink()
    with pytest.raises(ToolError, match=r"zlib_1_arm64\.deb is not there"):
        bringing.Sysroot().fetch(Wanted(source=debian / "pool", again=True), silent)


def test_what_is_missing_is_said_with_its_remedy(folder, here, monkeypatch):
    (found,) = doctor.tools()
    assert (found.here, found.remedy) == (False, "rbench tool fetch aarch64")
    monkeypatch.setattr(sysroot, "emulator", lambda: None)
    (found,) = doctor.tools()
    assert not found.here
    assert "apt install qemu-user" in found.remedy


@pytest.mark.parametrize("manifest", [b"", b"{}", b"[1]", b"\xff", None])
def test_a_torn_one_is_said(debian, pip, folder, here, manifest):
    fetch.fetch(folder, mirrors=[debian.as_uri()])
    if manifest is None:
        (folder / "root/usr/bin/python3.11").unlink()
    else:
        (folder / sysroot.MANIFEST).write_bytes(manifest)
    with pytest.raises(Unsupported, match="torn") as raised:
        sysroot.find("aarch64/cpu")
    assert "rbench tool fetch aarch64 --again" in str(raised.value)
    assert fetch.fetch(folder, mirrors=[debian.as_uri()], again=True)
    assert sysroot.find("").manifest.wheels["numpy"] == "2.4.6"


def test_doctor_says_what_is_here(debian, pip, folder, here):
    fetch.fetch(folder, mirrors=[debian.as_uri()])
    (found,) = doctor.tools()
    assert found.here
    assert "answers, never a latency" in found.said


def test_the_real_lists_are_sound():
    assert len({package.name for package in PACKAGES}) == len(PACKAGES) == 12
    for package in PACKAGES:
        assert package.path.startswith("pool/main/")
        assert package.name.endswith("_arm64.deb")
        assert len(bytes.fromhex(package.sha256)) == 32
    assert sum(package.size for package in PACKAGES) < 20 << 20
    assert all(mirror.startswith("https://") for mirror in MIRRORS)
    assert all(platform.endswith("_aarch64") for platform in PLATFORMS)
    manifest = sysroot.Manifest(packages={"a": "b"}, wheels={"c": "d"})
    assert manifest.sha256 != msgspec.structs.replace(manifest, wheels={}).sha256
