"""The store: one part for each kind of record, all on one database."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from sqlalchemy import URL, make_url

from bridge.errors import InputError
from bridge.store.activity import SqlActivity
from bridge.store.amendments import SqlAmendments
from bridge.store.approvals import SqlApprovals
from bridge.store.audit import SqlAudit
from bridge.store.call_budget import SqlCallBudget
from bridge.store.conditions import SqlConditions
from bridge.store.console_access import SqlConsoleAccess
from bridge.store.counts import SqlCounts
from bridge.store.database import is_missing, open_database
from bridge.store.deliveries import SqlDeliveries
from bridge.store.digests import SqlDigests
from bridge.store.examined_rules import SqlExaminedRules
from bridge.store.exemptions import SqlExemptions
from bridge.store.forecast_caps import SqlForecastCaps
from bridge.store.forecast_marks import SqlForecastMarks
from bridge.store.forecasts import SqlForecasts
from bridge.store.in_force import SqlInForce
from bridge.store.install_reports import SqlInstallReports
from bridge.store.installation import SqlInstallation
from bridge.store.ledger import SqlLedger
from bridge.store.migrate import has_tables, upgrade
from bridge.store.modes import SqlModes
from bridge.store.pack_versions import SqlPackVersions
from bridge.store.preview_runs import SqlPreviewRuns
from bridge.store.queries import SqlQueries
from bridge.store.queue import SqlQueue
from bridge.store.retention import SqlRetention
from bridge.store.stops import SqlStops
from bridge.store.withheld import SqlWithheld


class SqlStore(
    SqlDeliveries,
    SqlQueue,
    SqlLedger,
    SqlRetention,
    SqlPackVersions,
    SqlInForce,
    SqlApprovals,
    SqlAmendments,
    SqlAudit,
    SqlStops,
    SqlWithheld,
    SqlConditions,
    SqlCallBudget,
    SqlInstallation,
    SqlDigests,
    SqlPreviewRuns,
    SqlInstallReports,
    SqlForecasts,
    SqlForecastMarks,
    SqlForecastCaps,
    SqlModes,
    SqlExemptions,
    SqlCounts,
    SqlConsoleAccess,
    SqlExaminedRules,
    SqlQueries,
    SqlActivity,
):
    """Implements :class:`bridge.ports.store.Store`, whose documentation applies. Threads may share it.

    Every method raises ``Retry`` when the database is down.
    """


def open_store(url: str, *, must_exist: bool = False) -> SqlStore:
    """Open ``sqlite:///path`` or ``postgresql://…`` and bring its tables up to date.

    ``must_exist``: a database without our tables is refused instead of being filled. Raises ``InputError`` for that and
    for a URL it does not understand, ``Retry`` when the database cannot be reached and ``BridgeError`` when a newer
    version of this program has written it.
    """
    if must_exist and is_missing(url):
        _refuse(make_url(url))
    database = open_database(url)
    try:
        if must_exist and not has_tables(database):
            _refuse(database.writer.url)
        upgrade(database)
    except BaseException:
        database.close()
        raise
    return SqlStore(database)


def _refuse(url: URL) -> NoReturn:
    """An SQLite file is named by its whole path: the folder of the command is the usual mistake."""
    where = Path(url.database or "").resolve() if url.get_backend_name() == "sqlite" else url
    raise InputError(
        f"{where}: there is no database of Policybridge; run the command in the folder of the installation, or name "
        "the database in POLICYBRIDGE_DATABASE_URL; `policybridge serve` creates one"
    )
