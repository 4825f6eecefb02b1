"""The runtime from the npm registry, or from where the user has it: pinned, held to its hashes.

Two packages make it: the runtime, and what loads its WebAssembly. Their tarballs are named here by
version and hash, and so is every file that is taken out of them: another build is another runtime,
with other answers and other times.
"""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import platformdirs

from rbench.errors import ToolError
from rbench.progress import Reporter, silent
from rbench.system.download import download
from rbench.system.writing import writing

NAME = "litertjs"
VERSION = "2.5.3"
LICENCE = "Apache-2.0"
REGISTRY = "https://registry.npmjs.org"
VARIABLE = "RBENCH_LITERTJS"
"""Names a folder in which the runtime lies, as `fetch` leaves it."""
MOST_BYTES = 1 << 26


class Package(NamedTuple):
    """One tarball of the registry."""

    name: str
    integrity: str
    """Of the tarball, as npm writes it."""
    files: dict[str, str]
    """Taken out of it: path in the package -> sha256."""

    @property
    def tarball(self) -> str:
        """Its path below a registry."""
        return f"{self.name}/-/{self.name.rpartition('/')[2]}-{VERSION}.tgz"


_BUILDS = {
    "": (
        "68efb69f770e3f76aff36a377de629ca496c131b86ac0f0f4b592a1543a898eb",
        "7280cf4471774867e385e6c3cd53e2b45e2975b80fea338fff4ef359b0865614",
    ),
    "compat_": (
        "4d8f894b7883654fd6e8439730aa41e79ceaab7d19184fc4f1f0b0f1a2a2c8a5",
        "5255c8ad06eabdbd2522cdebf6b22fc10faf74625c23a49b9e072570cd1fa41c",
    ),
    "jspi_": (
        "e685a3ed86f447c1feb8f5414319539c5e94d1cfc0eb49c3c5e6a788a6f5541b",
        "a103e14db26cdbda9ba1a93633e59f3bf604d082fa7ab0c30ca730838e3faa69",
    ),
}
"""A build of the WebAssembly -> the hashes of its script and of itself. ``compat_`` runs in every
browser, the plain one needs relaxed SIMD, ``jspi_`` suspends for the GPU."""
PACKAGES = (
    Package(
        "@litertjs/core",
        "sha512-PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
        {
            "dist/index.js": "e7daccc3a31eef890848a737ccb863ded5f046a6b40c3fdc0556495adeb5d9b3",
            **{
                f"wasm/litert_wasm_{build}internal.{end}": digest
                for build, digests in _BUILDS.items()
                for end, digest in zip(("js", "wasm"), digests, strict=True)
            },
        },
    ),
    Package(
        "@litertjs/wasm-utils",
        "sha512-4fJiw6tBQnIs+0jH/OQ16nYOiSl8/+zZnn5h2ul8aTKHi05sVqZW580Tmk78pC2kT39A9OYBVdFawteZ/sI1kQ==",
        {
            "dist/bundle.js": "c9c6c95a4e8692dd8a01f5d2d19dbe741b59c95c29d51bed19a22496760a9c62",
        },
    ),
)


class Runtime(NamedTuple):
    """The runtime's files."""

    folder: Path
    sha256: str
    """Of the list of its files' hashes: names this build."""
    new: bool = False

    def path(self, package: int, name: str) -> Path:
        """A file of one of `PACKAGES`."""
        return self.folder / PACKAGES[package].name.rpartition("/")[2] / name

    def build(self, name: str) -> tuple[Path, Path]:
        """Script and WebAssembly of one of its builds: ``""``, ``compat_`` or ``jspi_``."""
        script = self.path(0, f"wasm/litert_wasm_{name}internal.js")
        return script, script.with_suffix(".wasm")


def sums() -> str:
    """The files of the build as ``sha256sum`` lists them."""
    return "".join(
        f"{digest}  {package.name.rpartition('/')[2]}/{name}\n"
        for package in PACKAGES
        for name, digest in package.files.items()
    )


def home() -> Path:
    """Where rbench looks for it."""
    named = os.environ.get(VARIABLE, "")
    return (
        Path(named) if named else platformdirs.user_data_path("rbench") / "tools" / NAME / VERSION
    )


def fetched() -> Runtime:
    """The runtime that is here.

    Raises:
        ToolError: it is not, or not what it should be.
    """
    folder = home()
    if not folder.is_dir():
        raise ToolError(
            f"LiteRT.js {VERSION} is not here: it runs the models in the browser, and does not "
            "come with rbench",
            where=str(folder),
            remedy=f"get it with: rbench tool fetch {NAME}; or from a folder or tarballs that you "
            f"have: rbench tool fetch {NAME} --from PATH",
        )
    found = Runtime(folder, _digest(sums().encode()))
    for number, package in enumerate(PACKAGES):
        for name, wanted in package.files.items():
            path = found.path(number, name)
            try:
                digest = _digest(path.read_bytes())
            except OSError as error:
                raise _unlike(f"cannot be read: {error.strerror}", path, wanted) from error
            if digest != wanted:
                raise _unlike(f"its sha256 is {digest}", path, wanted)
    return found


def _unlike(what: str, path: Path, wanted: str) -> ToolError:
    return ToolError(
        f"the fetched runtime was changed: {what}",
        where=str(path),
        allowed=f"LiteRT.js {VERSION}, sha256 {wanted}",
        remedy=f"fetch it anew with: rbench tool fetch {NAME} --again",
    )


def fetch(
    report: Reporter = silent,
    *,
    source: Path | None = None,
    mirror: str = "",
    to: Path | None = None,
    again: bool = False,
) -> Runtime:
    """Bring the runtime; the folder gets its name last.

    Args:
        source: a tarball of the runtime with the other one beside it, or a folder with both
            tarballs, or one that npm installed into (``node_modules`` in it); nothing is
            downloaded then.
        mirror: a registry other than npm's.
        to: a folder other than `home`.

    Raises:
        ToolError: no network, or not the pinned files.
        OutputError: the place cannot be written.
    """
    folder = to / NAME / VERSION if to else home()
    if not again and to is None and folder.is_dir():
        return fetched()
    with writing(folder, "--to"):
        folder.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{NAME}."))
        try:
            fresh = work / VERSION
            for package in PACKAGES:
                place = fresh / package.name.rpartition("/")[2]
                for name, content in _files(package, source, mirror or REGISTRY, work, report):
                    (place / name).parent.mkdir(parents=True, exist_ok=True)
                    (place / name).write_bytes(content)
            (fresh / "SHA256SUMS").write_text(sums(), "ascii")
            (fresh / "LICENCE").write_text(
                f"LiteRT.js {VERSION} ({', '.join(one.name for one in PACKAGES)}): {LICENCE}\n"
                "https://www.apache.org/licenses/LICENSE-2.0\n",
                "ascii",
            )
            if folder.exists():
                folder.rename(work / "old")
            fresh.rename(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Runtime(folder, _digest(sums().encode()), new=True)


def _files(
    package: Package, source: Path | None, registry: str, work: Path, report: Reporter
) -> Iterator[tuple[str, bytes]]:
    """The wanted files of a package, each held to its hash."""
    contents: Mapping[str, bytes | None]
    installed = _installed(package, source)
    if installed is not None:
        where = str(installed)
        contents = {name: _content(installed / name) for name in package.files}
    else:
        tarball, where = _tarball(package, source, registry, work, report)
        contents = _unpacked(package, tarball, where)
    for name, wanted in package.files.items():
        content = contents.get(name)
        if content is None or _digest(content) != wanted:
            raise ToolError(
                f"no {name} in it"
                if content is None
                else f"{name} is another one: its sha256 is {_digest(content)}",
                where=where,
                allowed=f"{package.name} {VERSION}",
                remedy=f"bring that version: npm pack {package.name}@{VERSION}",
            )
        yield name, content


def _installed(package: Package, source: Path | None) -> Path | None:
    """The folder of an installed package below what the user named."""
    if source is None or not source.is_dir():
        return None
    within = (source / "node_modules" / package.name, source / package.name)
    return next((folder for folder in within if folder.is_dir()), None)


def _tarball(
    package: Package, source: Path | None, registry: str, work: Path, report: Reporter
) -> tuple[bytes, str]:
    if source is None:
        url = f"{registry.rstrip('/')}/{package.tarball}"
        path = work / package.tarball.rpartition("/")[2]
        download(
            url,
            path,
            report,
            fault=ToolError,
            offline="is there a network? Else bring the tarballs here by other means ("
            + ", ".join(f"npm pack {one.name}@{VERSION}" for one in PACKAGES)
            + f") and name their folder: rbench tool fetch {NAME} --from PATH",
            place=work,
            most_bytes=MOST_BYTES,
        )
        content = path.read_bytes()
        found = f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"
        if found != package.integrity:
            raise ToolError(
                f"what came has another integrity: {found}",
                where=url,
                allowed=package.integrity,
                remedy="try again later, or name another --mirror",
            )
        return content, url
    folder = source if source.is_dir() else source.parent
    end = package.tarball.rpartition("/")[2]
    # npm pack writes litertjs-core-2.5.3.tgz, the registry serves core-2.5.3.tgz.
    names = (f"{package.name[1:].replace('/', '-')}-{VERSION}.tgz", end)
    for name in names:
        if (folder / name).is_file():
            return _content(folder / name) or b"", str(folder / name)
    raise ToolError(
        f"no {package.name} {VERSION} there",
        where=str(source),
        allowed=f"{' or '.join(names)}, or node_modules/{package.name}",
        remedy=f"npm pack {package.name}@{VERSION}",
    )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _unpacked(package: Package, tarball: bytes, where: str) -> dict[str, bytes]:
    """The wanted files of a tarball, by their names in the package; nothing else is unpacked."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
            for member in archive:
                name = member.name.partition("/")[2]
                file = archive.extractfile(member) if name in package.files else None
                if file is not None:
                    found[name] = file.read(MOST_BYTES)
    except (tarfile.TarError, OSError, EOFError, ValueError) as error:
        raise ToolError(
            f"no tarball of npm: {error}", where=where, allowed=f"{package.name} {VERSION}"
        ) from error
    return found


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
