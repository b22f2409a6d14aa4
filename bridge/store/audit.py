"""The audit log, and the accounts as they were read last from the admin's file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, bindparam, delete, select, text

from bridge.account import Account
from bridge.ports.audit import AuditEntry
from bridge.ports.outcomes import ReviewCause
from bridge.store.account_changes import AccountChange, account_changes
from bridge.store.database import DatabasePart
from bridge.store.tables import accounts, audit, reviews, tickets
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef


class SqlAudit(DatabasePart):
    """Implements :class:`bridge.ports.audit.AuditStore`."""

    def replace_accounts(self, accounts: Mapping[str, Account], now: datetime) -> list[AuditEntry]:
        with self.database.write() as connection:
            return _replace_accounts(connection, accounts, now)

    def record_audit(self, entry: AuditEntry) -> None:
        with self.database.write() as connection:
            insert_audit_entry(connection, entry)

    def audit_entries(self, *, limit: int = 50) -> list[AuditEntry]:
        with self.database.read() as connection:
            return [_entry(row) for row in connection.execute(_LIST_ENTRIES, {"limit": limit})]

    def last_audit_entry(self, *kinds: str) -> AuditEntry | None:
        with self.database.read() as connection:
            row = connection.execute(_GET_LAST_ENTRY, {"kinds": kinds}).first()
        return None if row is None else _entry(row)


def insert_audit_entry(connection: Connection, entry: AuditEntry) -> None:
    """Record an entry, unless it is recorded already."""
    values = {"id": entry.id, "at": entry.at, "kind": entry.kind, "detail": entry.detail}
    connection.execute(_insert_entry(connection.dialect.name), values)


def _replace_accounts(connection: Connection, given: Mapping[str, Account], now: datetime) -> list[AuditEntry]:
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        connection.execute(text("LOCK TABLE accounts IN EXCLUSIVE MODE"))
    before = {row.key: row.words for row in connection.execute(_LIST_ACCOUNTS)}
    changes = account_changes(before, given)
    if not changes:
        return []
    for change in changes:
        _replace_account(connection, change)
    entries = [change.entry(now) for change in changes]
    for entry in entries:
        insert_audit_entry(connection, entry)
    names = {name for change in changes for name in change.names()}
    wake(connection, dict.fromkeys(_open_tickets_of(connection, names), now), ReviewCause.ACCOUNT)
    return entries


def _replace_account(connection: Connection, change: AccountChange) -> None:
    connection.execute(_DELETE_ACCOUNT, {"of_key": change.key})
    if change.after is not None:
        connection.execute(accounts.insert(), {"key": change.key, "words": change.after})


def _open_tickets_of(connection: Connection, names: set[str]) -> Iterator[TicketRef]:
    """Open tickets that refer to an account by one of these names."""
    for row in connection.execute(_LIST_OPEN_TICKETS):
        known = json.loads(row.seen).get("name") if row.seen else None
        if row.account in names or known in names:
            yield TicketRef(connection=row.connection, id=row.id)


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(row.id, row.at, row.kind, row.detail)


@cache
def _insert_entry(dialect: str) -> Executable:
    return insert(dialect, audit).on_conflict_do_nothing()


_NEWEST_FIRST = (audit.c.at.desc(), audit.c.id)
_LIST_ENTRIES = select(audit).order_by(*_NEWEST_FIRST).limit(bindparam("limit"))
_GET_LAST_ENTRY = (
    select(audit).where(audit.c.kind.in_(bindparam("kinds", expanding=True))).order_by(*_NEWEST_FIRST).limit(1)
)
_LIST_ACCOUNTS = select(accounts)
_DELETE_ACCOUNT = delete(accounts).where(accounts.c.key == bindparam("of_key"))
_LIST_OPEN_TICKETS = (
    select(tickets.c.connection, tickets.c.id, tickets.c.account, reviews.c.account.label("seen"))
    .join_from(tickets, reviews, reviews.c.id == tickets.c.snapshot, isouter=True)
    .where(tickets.c.open)
)
