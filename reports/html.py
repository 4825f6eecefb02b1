"""The HTML report, which draws with libraries that no gate needs: the extra ``report``."""

from __future__ import annotations

from rbench.compare import Comparison
from rbench.records import Run
from rbench.system import extras


class Html:
    """`rbench report RUN --kind html`."""

    suffix = ".html"

    def render(self, run: Run, baseline: Run | None = None) -> str:
        """The page. Every number on it comes from the run's records or its run.json.

        Raises:
            MissingExtraError: what draws it is not installed.
        """
        _require()
        from rbench_reports import report_html

        return report_html.page(run, baseline)

    def compare(self, comparison: Comparison) -> str:
        """The page of two runs, for `rbench compare`.

        Raises:
            MissingExtraError: what draws it is not installed.
        """
        _require()
        from rbench_reports import compare_html

        return compare_html.page(comparison)


def _require() -> None:
    extras.require("report", "an HTML page", "jinja2", "plotly", instead="--format markdown")
