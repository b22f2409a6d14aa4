"""The install report: a backtest, and a preview of the first day, kept for the console and written to a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bridge.history.past_ticket import Period
    from bridge.history.summary import Summary
    from bridge.policy.model import Policy


def write_report(
    summary: Summary, history: str, period: Period, policies: Sequence[Policy], file: Path | None, *, keep: bool
) -> None:
    """Write the figures of a backtest as a page; ``keep``: keep it for the console, with a preview of the first day."""
    from bridge.history.report_page import report_page

    if keep:
        keep_report(summary, history, period, policies, file)
    elif file:
        file.write_text(report_page(summary, history, period, policies), encoding="utf-8")


def keep_report(
    summary: Summary, history: str, period: Period, policies: Sequence[Policy], file: Path | None = None
) -> None:
    """Make the preview, and keep the page; ``file``: write it there as well. Nothing is written to a helpdesk."""
    from bridge.cli.context import open_installation
    from bridge.cli.preview import chosen_connections, run_preview
    from bridge.history.report_page import FirstDay, report_page
    from bridge.ports.forecasts import ForecastFilter
    from bridge.ports.install_reports import InstallReport
    from bridge.runtime.preview_summary import summarize

    with open_installation() as bridge:
        names = chosen_connections(bridge, None)
        now = run_preview(bridge, names).at
        ahead = summarize(bridge.store, ForecastFilter(names), now)
        withheld = {str(cause): count for cause, count in sorted(ahead.withheld.items())}
        first_day = FirstDay(ahead.due["day"], withheld, tickets=bridge.store.forecast_range(names)[0])
        page = report_page(summary, history, period, policies, first_day)
        bridge.store.keep_install_report(InstallReport(page, now))
    if file:
        file.write_text(page, encoding="utf-8")
    click.echo("the install report is in the console, under /install-report", err=True)
