"""A stranger's package, installed: the scheme and the compression of the two pages of docs."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("writing-a-scheme.md", "writing-a-compression.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (\w+\.py)\n")


def blocks(language):
    """What the two pages have in this language, in order."""
    texts = [(DOCS / page).read_text("utf-8") for page in PAGES]
    return [body for text in texts for kind, body in BLOCK.findall(text) if kind == language]


@pytest.fixture
def theirs(tmp_path):
    """A folder for PYTHONPATH with the package and its metadata, made of the pages' own lines."""
    site = tmp_path / "site"
    package, info = site / "theirs", site / "theirs-1.0.dist-info"
    package.mkdir(parents=True)
    info.mkdir()
    (package / "__init__.py").write_text("")
    for body in blocks("python"):
        name = NAMED.match(body)[1]
        (site if name.startswith("test_") else package).joinpath(name).write_text(body)
    registered = "\n".join(
        re.sub(r"^\[project\.entry-points\.\"(.*)\"\]$", r"[\1]", line).replace('"', "")
        for body in blocks("toml")
        for line in body.splitlines()
    )
    (info / "entry_points.txt").write_text(registered + "\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    return site
