"""Debian packages, read without dpkg."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rbench.errors import ToolError
from rbench.profile.tools.aarch64 import deb


def unpacked(path, tmp_path):
    root = tmp_path / "root"
    root.mkdir(exist_ok=True)
    deb.unpack(path, root)
    found = sorted(place for place in root.rglob("*") if not place.is_dir())
    return {str(place.relative_to(root)): place for place in found}


@pytest.mark.parametrize(
    ("compression", "member"), [("xz", "data.tar.xz"), ("gz", "data.tar.gz"), ("", "data.tar")]
)
def test_files_and_links_are_there(package, tmp_path, compression, member):
    path = package(
        {
            "./": None,
            "./usr/bin/python3.11": b"elf",
            "./usr/lib/a.so.1": b"odd",
            "./usr/lib/a.so": "-> a.so.1",
        },
        compression=compression,
        member=member,
    )
    found = unpacked(path, tmp_path)
    assert set(found) == {"usr/bin/python3.11", "usr/lib/a.so", "usr/lib/a.so.1"}
    assert found["usr/lib/a.so"].read_bytes() == b"odd"
    assert found["usr/bin/python3.11"].stat().st_mode & 0o111
    assert not found["usr/lib/a.so.1"].stat().st_mode & 0o111


def test_documentation_is_left_out(package, tmp_path):
    path = package({"./usr/share/doc/x": b"words", "./usr/shared": b"no documentation"})
    assert set(unpacked(path, tmp_path)) == {"usr/shared"}


def test_nothing_leads_out_of_the_root(package, tmp_path):
    path = package(
        {
            "../above": b"x",
            "/absolute": b"x",
            "a/../../above": b"x",
            "link": "-> /etc",
            "other": "-> ../..",
            "usr/deep": "-> ../../..",
            "usr/fine": "-> ../usr/file",
            "usr/file": b"y",
        }
    )
    assert set(unpacked(path, tmp_path)) == {"usr/fine", "usr/file"}
    assert not (tmp_path / "above").exists()


def test_a_large_one_is_refused(package, tmp_path, monkeypatch):
    monkeypatch.setattr(deb, "MOST_BYTES", 5)
    with pytest.raises(ToolError, match="too large"):
        unpacked(package({"a": b"123", "b": b"456"}), tmp_path)


def test_a_torn_one_is_said_at_every_byte(package, tmp_path):
    content = package({"./usr/lib/a": b"0123456789"}).read_bytes()
    torn = tmp_path / "torn.deb"
    for length in range(len(content) - 1):
        torn.write_bytes(content[:length])
        with pytest.raises(ToolError, match="no Debian package"):
            deb.unpack(torn, tmp_path / "root")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
@example(b"!<arch>\n" + b"data.tar        " + b" " * 32 + b"-5        `\n")
@example(b"!<arch>\n" + b"data.tar        " + b" " * 32 + b"x         `\n")
def test_whatever_else_it_is_one_error(tmp_path, content):
    path = tmp_path / "any.deb"
    path.write_bytes(b"!<arch>\n" + content)
    with pytest.raises(ToolError, match="no Debian package"):
        deb.unpack(path, tmp_path / "root")
