"""The report of the first backtest, kept for the console."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class InstallReport:
    """A page of HTML that needs no other file, and when it was made."""

    page: str
    made_at: datetime


class InstallReportStore(Protocol):
    """Keeps one report; a newer one replaces it."""

    def keep_install_report(self, report: InstallReport) -> None:
        """Keep a report in place of the one before."""

    def install_report(self) -> InstallReport | None:
        """The report; None: none was made."""
