"""Names that people give, and that folders and files are called after."""

from __future__ import annotations

import hashlib
import re

LONGEST_BYTES = 100
"""With a recipe, a stamp and an ending, still a file's name everywhere."""

_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
"""What Windows does not let a file be called, where a run may be copied to."""
_ODD = re.compile(r'[/<>:"|?*]')


def check(key: str, name: str) -> None:
    """Refuse what can be no name.

    Raises:
        ValueError: it is empty, long, unprintable, or leads out of the folder that it is in.
    """
    parts = name.split("/")
    fault = ""
    if not name.strip():
        fault = "is empty"
    elif len(name.encode("utf-8", "surrogatepass")) > LONGEST_BYTES:
        fault = f"has more than {LONGEST_BYTES} bytes"
    elif not name.isprintable():
        fault = "has characters that cannot be printed"
    elif "\\" in name or any(not part.strip(". ") or part[-1] in ". " for part in parts):
        fault = "can be no file's name"
    elif any(_RESERVED.fullmatch(part) for part in parts):
        fault = "is a name that Windows keeps for itself"
    if fault:
        raise ValueError(
            f"{key} {name[:LONGEST_BYTES]!r} {fault}; allowed: up to {LONGEST_BYTES} bytes, "
            "e.g. letters, digits, - and _"
        )


def file_name(name: str) -> str:
    """What a file or folder is called after a name: the name itself, unless that can be none."""
    if not _ODD.search(name):
        return name
    return f"{_ODD.sub('_', name)}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
