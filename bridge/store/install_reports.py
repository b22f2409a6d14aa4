"""The report of the first backtest: one row."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from bridge.ports.install_reports import InstallReport
from bridge.store.database import DatabasePart
from bridge.store.tables import install_reports


class SqlInstallReports(DatabasePart):
    """Implements :class:`bridge.ports.install_reports.InstallReportStore`."""

    def keep_install_report(self, report: InstallReport) -> None:
        with self.database.write() as connection:
            connection.execute(_DELETE)
            connection.execute(_INSERT, {"id": 1, "page": report.page, "made_at": report.made_at})

    def install_report(self) -> InstallReport | None:
        with self.database.read() as connection:
            row = connection.execute(_GET).first()
        return InstallReport(row.page, row.made_at) if row else None


_DELETE = delete(install_reports)
_INSERT = insert(install_reports)
_GET = select(install_reports.c.page, install_reports.c.made_at)
