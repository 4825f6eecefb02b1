"""Public logs from GroupLens: downloaded, verified, unpacked, all or nothing."""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rbench.errors import DataError, choices
from rbench.progress import Reporter, silent
from rbench.system.download import download, read
from rbench.system.writing import writing

BASE = "https://files.grouplens.org/datasets/movielens"
GROWTH = 2
"""An archive may be so many times as large as it is today: logs are published anew, with more."""
UNPACKED = 10
"""What an archive holds may be so many times its size: text packs to a fifth or so."""
MEMBERS = 1000
_OFFLINE = (
    "is there a network? Else bring the archive here by other means and unpack it, "
    "or name a --mirror"
)


@dataclass(frozen=True)
class Public:
    """A log that can be fetched."""

    folder: str
    """What the archive unpacks to."""
    about: str
    size_mb: int
    """Of the archive, rounded up."""
    sha256: str = ""
    """Of the archive; empty: GroupLens' own md5 file, beside the archive, is asked."""


PUBLIC: dict[str, Public] = {
    "ml-100k": Public("ml-100k", "100,000 ratings, 5 MB", 5),
    "ml-1m": Public(
        "ml-1m",
        "1 million ratings, 6 MB",
        6,
        "a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20",
    ),
    "ml-10m": Public("ml-10M100K", "10 million ratings, 63 MB", 66),
    "ml-20m": Public("ml-20m", "20 million ratings, 190 MB", 199),
    "ml-25m": Public("ml-25m", "25 million ratings, 250 MB", 262),
    "ml-32m": Public("ml-32m", "32 million ratings, 239 MB", 251),
    "ml-latest-small": Public("ml-latest-small", "100,000 ratings, 1 MB", 1),
}


@dataclass(frozen=True)
class Fetched:
    """Where a log lies now."""

    folder: Path
    verified: str
    """What the archive was compared with; empty where it lay there already."""
    terms: Path | None
    """The README with the terms of use, if the archive has one."""


def fetch(name: str, to: Path, report: Reporter = silent, base: str = BASE) -> Fetched:
    """Bring a public log into a folder below ``to``.

    Archive and unpacked files get their names last, so that an interrupted fetch leaves nothing
    that looks finished; the next one begins anew. A folder that is there is left as it is.

    Args:
        base: where the archives lie; a mirror has the same names.

    Raises:
        DataError: unknown name, no network, or not the archive that it should be.
        OutputError: ``to`` cannot be written.
    """
    if name not in PUBLIC:
        raise DataError(f"no public log {name!r}", allowed=choices(PUBLIC))
    public = PUBLIC[name]
    folder = to / public.folder
    if folder.exists():
        return Fetched(folder=folder, verified="", terms=_terms(folder))
    url = f"{base.rstrip('/')}/{name}.zip"
    with writing(to, "--to"):
        to.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=to, prefix=f".{name}."))
        try:
            algorithm, wanted = ("sha256", public.sha256) if public.sha256 else _published(url)
            archive = work / "archive.zip"
            found = download(
                url,
                archive,
                report,
                fault=DataError,
                offline=_OFFLINE,
                place=to,
                algorithm=algorithm,
                most_bytes=GROWTH * public.size_mb * 10**6 + 10**6,
            )
            if found != wanted:
                raise DataError(
                    f"the download's {algorithm} is {found}",
                    where=url,
                    allowed=wanted,
                    remedy="torn or changed: try again",
                )
            _unpack(archive, work, public.folder, url)
            (work / public.folder).rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    source = "known to rbench" if public.sha256 else f"published at {url}.md5"
    return Fetched(folder=folder, verified=f"{algorithm} {wanted} {source}", terms=_terms(folder))


def _published(url: str) -> tuple[str, str]:
    """The md5 that lies beside an archive, in either of the usual notations."""
    text = read(f"{url}.md5", 4096, fault=DataError, offline=_OFFLINE).decode("latin-1")
    found = re.search(r"\b[0-9a-fA-F]{32}\b", text)
    if not found:
        raise DataError(f"no md5 here: {text[:40]!r}", where=f"{url}.md5", remedy="try again later")
    return "md5", found[0].lower()


def _unpack(archive: Path, to: Path, folder: str, url: str) -> None:
    """Unpack the one folder that the archive should hold; what points elsewhere is refused."""
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [one for one in packed.infolist() if not one.filename.startswith("__MACOSX/")]
            for member in members:
                path = PurePosixPath(member.filename)
                link = stat.S_ISLNK(member.external_attr >> 16)
                stray = path.parts[:1] != (folder,) or ".." in path.parts
                if link or stray or "\\" in member.filename:
                    raise DataError(
                        f"the archive holds {member.filename!r}", where=url, allowed=f"{folder}/…"
                    )
            _bounded(members, archive.stat().st_size, url)
            if not members:
                raise DataError("the archive is empty", where=url, allowed=f"{folder}/…")
            for member in members:
                packed.extract(member, to)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataError(f"no zip archive: {error}", where=url, remedy="try again") from error


def _bounded(members: list[zipfile.ZipInfo], packed_bytes: int, url: str) -> None:
    """Refuse what would fill the disk. `zipfile` unpacks no more than a member says."""
    total, most = sum(member.file_size for member in members), UNPACKED * packed_bytes + 10**6
    if total > most or len(members) > MEMBERS:
        raise DataError(
            f"{packed_bytes:,} bytes would unpack to {total:,} in {len(members):,} files",
            where=url,
            allowed=f"at most {most:,} bytes in {MEMBERS:,} files",
            remedy="not the archive that it should be: name another --mirror",
        )


def _terms(folder: Path) -> Path | None:
    return next(iter(sorted(folder.glob("README*"))), None)
