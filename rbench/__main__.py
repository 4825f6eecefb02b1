"""``python -m rbench``: the same as ``rbench``."""

from rbench.cli import main

main()
