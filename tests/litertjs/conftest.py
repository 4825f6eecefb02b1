"""A runtime of a few bytes in the place of the real one."""

import base64
import hashlib
import io
import tarfile

import pytest

from rbench.litertjs import bringing as module

CORE = """import { createWasmLib } from "@litertjs/wasm-utils";

var answer = () => createWasmLib();
export {
  answer
};
//# sourceMappingURL=index.js.map"""
UTILS = """async function createWasmLib() {}
export {
  createWasmLib
};
//# sourceMappingURL=bundle.js.map
"""
FILES = (
    {"dist/index.js": CORE, "wasm/a.wasm": "\0asm", "package.json": "{}"},
    {"dist/bundle.js": UTILS},
)


def packed(files):
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(f"package/{name}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return content.getvalue()


def integrity(content):
    return f"sha512-{base64.b64encode(hashlib.sha512(content).digest()).decode()}"


@pytest.fixture
def files_of_packages():
    return FILES


@pytest.fixture
def tarballs(monkeypatch, tmp_path):
    """URL's end -> tarball, of packages that take the place of the pinned ones."""
    monkeypatch.setenv(module.VARIABLE, str(tmp_path / "home"))
    made, contents = [], {}
    for package, files in zip(module.PACKAGES, FILES, strict=True):
        content = packed(files)
        wanted = {
            name: hashlib.sha256(text.encode()).hexdigest()
            for name, text in files.items()
            if name != "package.json"
        }
        made.append(package._replace(integrity=integrity(content), files=wanted))
        contents[made[-1].tarball] = content
    monkeypatch.setattr(module, "PACKAGES", tuple(made))
    return contents
