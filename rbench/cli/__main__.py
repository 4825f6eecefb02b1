"""``python -m rbench.cli``."""

from rbench.system import here

here.leave_out()

from rbench.cli import main  # noqa: E402

main()
