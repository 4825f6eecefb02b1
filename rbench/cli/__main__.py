"""``python -m rbench.cli``."""

from rbench.cli import main

main()
