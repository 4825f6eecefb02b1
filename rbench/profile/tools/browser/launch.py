"""Becomes a browser, below a keeper that leaves nothing of it behind."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """The words are its home, its path and what it is told."""
    home, *words = sys.argv[1:]
    os.execve(words[0], words, {**os.environ, "HOME": home, "MOZ_CRASHREPORTER_DISABLE": "1"})


if __name__ == "__main__":
    main()
