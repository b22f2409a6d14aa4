"""The accounts as they were last taken from the admin's file, and the audit of what changed in them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, delete, select, text

from bridge.account import Account
from bridge.ports.audit import AuditEntry
from bridge.ports.outcomes import ReviewCause
from bridge.store import queue
from bridge.store.tables import accounts, audit, reviews, tickets
from bridge.store.upsert import insert
from bridge.ticket import TicketRef


def take(connection: Connection, given: Mapping[str, Account], now: datetime) -> list[AuditEntry]:
    """Record what differs from the accounts taken last, and wake the open tickets of these accounts."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        connection.execute(text("LOCK TABLE accounts IN EXCLUSIVE MODE"))
    before = {row.key: row.words for row in connection.execute(select(accounts))}
    after = {key: _words(account) for key, account in given.items()}
    changed = [key for key in sorted(before | after) if before.get(key) != after.get(key)]
    if not changed:
        return []
    for key in changed:
        _replace(connection, key, after.get(key))
    lines = [_line(key, before.get(key), after.get(key), now) for key in changed]
    for line in lines:
        record(connection, line)
    names = {name for key in changed for words in (before.get(key), after.get(key)) for name in _names(key, words)}
    queue.wake(connection, dict.fromkeys(_open_of(connection, names), now), ReviewCause.ACCOUNT)
    return lines


def record(connection: Connection, line: AuditEntry) -> None:
    """Record a line, unless it is there."""
    values = {"id": line.id, "at": line.at, "kind": line.kind, "detail": line.detail}
    connection.execute(_record(connection.dialect.name), values)


def recorded(connection: Connection, limit: int) -> list[AuditEntry]:
    """Lines, newest first."""
    return [AuditEntry(row.id, row.at, row.kind, row.detail) for row in connection.execute(_NEWEST, {"limit": limit})]


def last(connection: Connection, kinds: Sequence[str]) -> AuditEntry | None:
    """The newest line of one of these kinds."""
    row = connection.execute(_LAST, {"kinds": kinds}).first()
    return None if row is None else AuditEntry(row.id, row.at, row.kind, row.detail)


def _words(account: Account) -> str:
    said = account.model_dump(exclude_unset=True, exclude={"open_tickets"})
    return json.dumps(
        said, sort_keys=True, default=lambda value: sorted(value) if isinstance(value, frozenset) else str(value)
    )


def _names(key: str, words: str | None) -> set[str]:
    """By what a ticket may refer to an account: its key, or its name at the helpdesk."""
    return {key, json.loads(words).get("name") or key} if words else {key}


def _replace(connection: Connection, key: str, words: str | None) -> None:
    connection.execute(delete(accounts).where(accounts.c.key == key))
    if words is not None:
        connection.execute(accounts.insert(), {"key": key, "words": words})


def _open_of(connection: Connection, names: set[str]) -> Iterator[TicketRef]:
    """Open tickets that refer to one of these accounts."""
    for row in connection.execute(_OPEN):
        known = json.loads(row.seen).get("name") if row.seen else None
        if row.account in names or known in names:
            yield TicketRef(connection=row.connection, id=row.id)


def _line(key: str, before: str | None, after: str | None, now: datetime) -> AuditEntry:
    if before is None:
        detail = f"account {key} added"
    elif after is None:
        detail = f"account {key} removed"
    else:
        detail = f"account {key}: {'; '.join(_differences(json.loads(before), json.loads(after)))}"
    ident = sha256(f"{now.isoformat()}/{detail}".encode()).hexdigest()
    return AuditEntry(ident, now, "account", detail)


def _differences(before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
    for name in sorted(before | after):
        old, new = before.get(name), after.get(name)
        if isinstance(old, list) and isinstance(new, list):
            gone, come = _listed(set(old) - set(new)), _listed(set(new) - set(old))
            yield from (f"{name} {what} {which}" for what, which in (("without", gone), ("with", come)) if which)
        elif old != new:
            yield f"{name} {_shown(old)} -> {_shown(new)}"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(sorted(map(str, values)))


def _shown(value: Any) -> str:
    return "nothing" if value in (None, [], {}) else json.dumps(value, ensure_ascii=False)


@cache
def _record(dialect: str) -> Executable:
    return insert(dialect, audit).on_conflict_do_nothing()


_NEWEST = select(audit).order_by(audit.c.at.desc(), audit.c.id).limit(bindparam("limit"))
_LAST = (
    select(audit)
    .where(audit.c.kind.in_(bindparam("kinds", expanding=True)))
    .order_by(audit.c.at.desc(), audit.c.id)
    .limit(1)
)
_OPEN = (
    select(tickets.c.connection, tickets.c.id, tickets.c.account, reviews.c.account.label("seen"))
    .join_from(tickets, reviews, reviews.c.id == tickets.c.snapshot, isouter=True)
    .where(tickets.c.open)
)
