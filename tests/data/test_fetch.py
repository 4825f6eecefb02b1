"""Fetching, from a server of our own on this machine."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rbench.data import DataSettings, load
from rbench.data.fetch import PUBLIC, fetch
from rbench.errors import DataError, OutputError
from rbench.progress import Progress

NAME = "ml-latest-small"
RATINGS = "userId,movieId,rating,timestamp\n" + "".join(
    f"{user},{item},3.5,{user + item}\n" for user in range(3) for item in range(4)
)


class Site:
    """Path -> bytes, served under ``url``."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.cut: int | None = None
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                content = site.files.get(self.path.lstrip("/"))
                self.send_response(404 if content is None else 200)
                self.send_header("Content-Length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write((content or b"")[: site.cut])

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def publish(self, archive: bytes, name: str = NAME) -> None:
        self.files[f"{name}.zip"] = archive
        md5 = hashlib.md5(archive, usedforsecurity=False).hexdigest()
        self.files[f"{name}.zip.md5"] = f"MD5 ({name}.zip) = {md5}\n".encode()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    site = Site()
    threading.Thread(target=site.server.serve_forever, args=(0.01,), daemon=True).start()
    yield site
    site.server.shutdown()
    site.server.server_close()


def archive(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return content.getvalue()


GOOD = archive({f"{NAME}/ratings.csv": RATINGS, f"{NAME}/README.txt": "Terms."})


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_log_is_brought_verified_and_readable(site: Site, tmp_path: Path) -> None:
    site.publish(GOOD)
    seen: list[Progress] = []
    fetched = fetch(NAME, tmp_path / "logs", seen.append, site.url)
    assert "md5" in fetched.verified
    assert fetched.terms is not None
    assert fetched.terms.name == "README.txt"
    assert seen[-1].done == seen[-1].total == len(GOOD)
    assert load(DataSettings(path=str(fetched.folder))).summary.users == 3
    assert leftovers(tmp_path / "logs") == [NAME]


def test_what_is_there_stays(site: Site, tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert fetch(NAME, tmp_path, base=site.url).verified == ""
    assert site.asked == []


def test_a_changed_archive_is_refused(site: Site, tmp_path: Path) -> None:
    site.publish(GOOD)
    site.files[f"{NAME}.zip"] = GOOD + b"!"
    with pytest.raises(DataError, match="md5 is"):
        fetch(NAME, tmp_path, base=site.url)
    assert leftovers(tmp_path) == []


def test_the_sha256_that_rbench_knows_is_held_against_the_archive(
    site: Site, tmp_path: Path
) -> None:
    site.publish(GOOD, "ml-1m")
    with pytest.raises(DataError, match=PUBLIC["ml-1m"].sha256):
        fetch("ml-1m", tmp_path, base=site.url)
    assert site.asked == ["/ml-1m.zip"]


def test_a_cut_download_leaves_nothing_and_the_next_one_works(site: Site, tmp_path: Path) -> None:
    site.publish(GOOD)
    site.cut = 100
    with pytest.raises(DataError, match="100 of"):
        fetch(NAME, tmp_path, base=site.url)
    assert leftovers(tmp_path) == []
    site.cut = None
    assert fetch(NAME, tmp_path, base=site.url).folder.is_dir()


def link() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        entry = zipfile.ZipInfo(f"{NAME}/link")
        entry.external_attr = 0o120777 << 16
        packed.writestr(entry, "/etc/passwd")
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        archive({f"{NAME}/../../evil": "x"}),
        archive({"/etc/evil": "x"}),
        archive({"other/ratings.csv": "x"}),
        archive({f"{NAME}/..\\evil": "x"}),
        archive({}),
        b"no zip at all",
        link(),
    ],
    ids=["up", "absolute", "elsewhere", "backslash", "empty", "no zip", "link"],
)
def test_unsafe_archives_are_refused(content: bytes, site: Site, tmp_path: Path) -> None:
    site.publish(content)
    with pytest.raises(DataError, match="archive"):
        fetch(NAME, tmp_path / "logs", base=site.url)
    assert leftovers(tmp_path) in (["logs"], [])
    assert leftovers(tmp_path / "logs") == []


def test_not_on_the_server(site: Site, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="404"):
        fetch(NAME, tmp_path, base=site.url)
    site.publish(GOOD)
    site.files[f"{NAME}.zip.md5"] = b"soon"
    with pytest.raises(DataError, match="no md5 here"):
        fetch(NAME, tmp_path, base=site.url)


def test_no_network(tmp_path: Path, site: Site) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(DataError, match=r"cannot download.*is there a network\?"):
            fetch(NAME, tmp_path, base=url)
    with pytest.raises(DataError, match="cannot download"):
        fetch(NAME, tmp_path, base="nonsense")
    assert leftovers(tmp_path) == []


def test_a_place_that_cannot_be_written(
    site: Site, tmp_path: Path, write: Callable[..., Path]
) -> None:
    site.publish(GOOD)
    with pytest.raises(OutputError, match="--to"):
        fetch(NAME, write("file", "x") / "logs", base=site.url)
    with pytest.raises(DataError, match="ml-100k, ml-10m"):
        fetch("ml-2m", tmp_path, base=site.url)


def test_an_archive_that_would_fill_the_disk_is_refused(site: Site, tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(f"{NAME}/ratings.csv", b"0" * 3_000_000)
    site.publish(content.getvalue())
    with pytest.raises(DataError, match="would unpack to 3,000,000 in 1 files"):
        fetch(NAME, tmp_path, base=site.url)
    assert not leftovers(tmp_path)


def test_an_archive_of_very_many_files_is_refused(site: Site, tmp_path: Path) -> None:
    site.publish(archive({f"{NAME}/{n}": "" for n in range(1001)}))
    with pytest.raises(DataError, match="in 1,001 files"):
        fetch(NAME, tmp_path, base=site.url)
    assert not leftovers(tmp_path)


def test_a_download_without_end_is_refused(site: Site, tmp_path: Path) -> None:
    site.publish(b"0" * 3_000_001)
    with pytest.raises(DataError, match="at most 3,000,000 bytes"):
        fetch(NAME, tmp_path, base=site.url)
    assert not leftovers(tmp_path)
