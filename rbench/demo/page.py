"""The page's text: its parts, packed and put in their places, nothing in them that could get out.

What comes from a log stands in one JSON text without any ``<``, and becomes text nodes; what stands
in the markup itself is escaped. The page allows itself the scripts and the style that rbench wrote,
by their hashes, and no connection at all.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources

import msgspec

from rbench import litertjs

BUILD = "compat_"
"""Of the runtime: the one that runs in every browser, without relaxed SIMD."""
PAGE = "index.html"
MARK = '<script type="application/json" id="facts">{"'
"""In every page, and in no other."""


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One column of the page."""

    name: str
    about: str
    file: int = 0
    """Which of the page's files it asks."""
    learns: bool = False
    """Whether it learns from what is touched."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's program reads."""

    key: str
    """Under which the history is kept: other models are asked with other items."""
    models: tuple[Model, ...]
    names: tuple[str, ...]
    """By index; empty where there is none."""
    ids: tuple[str, ...]
    starters: tuple[int, ...]
    filters: bool
    """Whether what was touched is taken out of the lists."""
    offline: bool
    """Whether a service worker lies beside it."""
    contract: Mapping[str, str]
    """The signature and its tensors' names."""


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the markup."""

    title: str
    rbench: str
    about: str
    told: tuple[tuple[str, str], ...]


def files(
    facts: Facts, head: Head, runtime: litertjs.Runtime, models: Sequence[bytes]
) -> dict[str, bytes]:
    """Name -> content: the page, and what lies beside it where it is served."""
    page = _page(facts, head, runtime, models).encode()
    if not facts.offline:
        return {PAGE: page}
    manifest = {
        "name": head.title,
        "short_name": head.title[:12],
        "start_url": "./",
        "display": "standalone",
        "background_color": "#f5f4f1",
        "theme_color": "#4b3fd6",
        "icons": [{"src": "icon.svg", "sizes": "any", "type": "image/svg+xml"}],
    }
    worker = _filled(_text("sw.js"), {"hash": hashlib.sha256(page).hexdigest()[:16]})
    return {
        PAGE: page,
        "manifest.webmanifest": msgspec.json.encode(manifest),
        "icon.svg": _text("icon.svg").encode(),
        "sw.js": worker.encode(),
    }


def _page(facts: Facts, head: Head, runtime: litertjs.Runtime, models: Sequence[bytes]) -> str:
    glue, wasm = (path.read_bytes() for path in runtime.build(BUILD))
    style, app = _text("style.css"), _text("app.js")
    runs, engine = _inside(litertjs.script(runtime)), _inside(_text("engine.js"))
    told = "".join(f"<dt>{escape(key)}</dt><dd>{escape(text)}</dd>" for key, text in head.told)
    packed = "\n".join(
        f'<script type="application/octet-stream" id="model-{number}">{_packed(model)}</script>'
        for number, model in enumerate(models)
    )
    return _filled(
        _text(PAGE),
        {
            "csp": escape(_policy(style, runs, engine, app)),
            "manifest": '<link rel="manifest" href="manifest.webmanifest">' * facts.offline,
            "title": escape(head.title),
            "rbench": escape(head.rbench),
            "about": escape(head.about),
            "count": f"{len(facts.ids) - 1:,}",
            "version": litertjs.VERSION,
            "facts_list": f'<dl class="about-list">{told}</dl>',
            "facts": msgspec.json.encode(facts).decode().replace("<", "\\u003c"),
            "style": style,
            "app": app,
            "wasm": _packed(wasm),
            "glue": _packed(glue),
            "files": packed,
            "runtime": runs,
            "engine": engine,
        },
    )


def _policy(style: str, *scripts: str) -> str:
    """What the page may do. Its worker inherits it."""
    hashes = " ".join(f"'{_hash(script)}'" for script in scripts)
    rules = {
        "default-src": "'none'",
        "script-src": f"{hashes} blob: 'wasm-unsafe-eval'",
        "worker-src": "'self' blob:",
        "style-src": f"'{_hash(style)}'",
        "img-src": "'self' data:",
        "manifest-src": "'self'",
        "connect-src": "'none'",
        "form-action": "'none'",
        "base-uri": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _packed(content: bytes) -> str:
    """The same bytes each time: no name and no time in it."""
    return base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()


def _inside(script: str) -> str:
    """A script that ends no script element before its own end."""
    return re.sub(r"<(?=/script|!--)", r"\\x3c", script, flags=re.IGNORECASE)


def _filled(template: str, parts: Mapping[str, str]) -> str:
    """The template with its ``{{name}}`` replaced, in one pass: what is put in is not looked at."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def _text(name: str) -> str:
    return (resources.files("rbench.demo") / "page_files" / name).read_text("utf-8")
