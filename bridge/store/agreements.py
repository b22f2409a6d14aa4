"""What people agreed to through the bridge, and by which rules each ticket is judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, and_, bindparam, delete, select, update

from bridge.decision import Decision, KeptClocks
from bridge.errors import Conflict
from bridge.ports.approvals import RecordedApproval
from bridge.ports.outcomes import ReviewCause
from bridge.ports.versions import PackVersion, Pin
from bridge.store import queue
from bridge.store.tables import UtcDateTime, Words, approvals, packs, pins, policy_versions, reviews, tickets
from bridge.store.upsert import insert
from bridge.ticket import TicketRef


def answer(connection: Connection, given: RecordedApproval) -> bool:
    """Record an answer and wake its ticket; False when its id was used before."""
    row = {name: value for name, value in asdict(given).items() if name != "ref"}
    row |= {"connection": given.ref.connection, "ticket_id": given.ref.id}
    if connection.execute(_answer(connection.dialect.name), row).rowcount != 1:
        return False
    queue.wake(connection, {given.ref: given.at}, ReviewCause.APPROVAL)
    return True


def answers(connection: Connection, ref: TicketRef) -> list[RecordedApproval]:
    """The answers given on a ticket, oldest first."""
    rows = connection.execute(_ANSWERS, _of(ref)).mappings()
    return [
        RecordedApproval(
            ref=ref, **{name: value for name, value in row.items() if name not in ("connection", "ticket_id")}
        )
        for row in rows
    ]


def pin(connection: Connection, ref: TicketRef) -> Pin | None:
    """How a ticket is pinned."""
    row = connection.execute(_PIN, _of(ref)).first()
    return None if row is None else Pin(row.pack, row.digest, row.basis, KeptClocks.model_validate_json(row.settled))


def hold(connection: Connection, ref: TicketRef, pinned: Pin) -> None:
    """Pin a ticket."""
    settled = pinned.settled.model_dump_json()
    row = {"pack": pinned.pack, "digest": pinned.digest, "basis": pinned.basis, "settled": settled}
    connection.execute(_hold(connection.dialect.name), row | {"connection": ref.connection, "ticket_id": ref.id})


def repin(connection: Connection, ref: TicketRef, before: Pin, digest: str, now: datetime) -> None:
    """Pin a ticket that nobody looks at to another text, and wake it if it is open. Raises ``Conflict``."""
    if not queue.set_free(connection, ref, now):
        raise Conflict(f"{ref} is being looked at this moment; run the command again")
    values = _of(ref) | {"old": before.digest, "new": digest}
    if connection.execute(_REPIN, values).rowcount != 1:
        raise Conflict(f"{ref} has been pinned to another text meanwhile; run the command again")
    if connection.scalar(_IS_OPEN, _of(ref)):
        queue.wake(connection, {ref: now}, ReviewCause.REPIN)


def last_decision(connection: Connection, ref: TicketRef) -> Decision | None:
    """The decision of the review with the newest snapshot."""
    text = connection.scalar(_LAST_DECISION, _of(ref))
    return None if text is None else Decision.model_validate_json(text)


def versions(connection: Connection) -> list[PackVersion]:
    """All versions of all packs, by the time they came into force."""
    return [PackVersion(**row) for row in connection.execute(_VERSIONS).mappings()]


def text(connection: Connection, digest: str) -> dict[str, Any] | None:
    """The text of a pack."""
    found = connection.scalar(_TEXT, {"of_digest": digest})
    return None if found is None else dict(json.loads(found))


def announce(connection: Connection, version: PackVersion, source: Mapping[str, Any], now: datetime) -> None:
    """Record a version, and wake all open tickets unless only new ones are concerned."""
    dialect = connection.dialect.name
    connection.execute(_NEVER_IN_FORCE, {"of_pack": version.pack, "now": now})
    connection.execute(_keep(dialect), {"digest": version.digest, "text": json.dumps(source, default=str)})
    connection.execute(_announce(dialect), asdict(version))
    if version.change != "new_only":
        opened = connection.execute(_OPEN)
        dues = {TicketRef(connection=row.connection, id=row.id): now for row in opened}
        queue.wake(connection, dues, ReviewCause.POLICY)


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


@cache
def _answer(dialect: str) -> Executable:
    return insert(dialect, approvals).on_conflict_do_nothing()


@cache
def _hold(dialect: str) -> Executable:
    new = insert(dialect, pins)
    renewed = {name: new.excluded[name] for name in ("pack", "digest", "basis", "settled")}
    return new.on_conflict_do_update(index_elements=list(pins.primary_key), set_=renewed)


@cache
def _keep(dialect: str) -> Executable:
    return insert(dialect, packs).on_conflict_do_nothing()


@cache
def _announce(dialect: str) -> Executable:
    return insert(dialect, policy_versions).on_conflict_do_nothing()


_ID = bindparam("of_id", type_=Words)
_ANSWERS = (
    select(approvals)
    .where(approvals.c.connection == bindparam("of_connection"), approvals.c.ticket_id == _ID)
    .order_by(approvals.c.at, approvals.c.id)
)
_PIN = select(pins).where(pins.c.connection == bindparam("of_connection"), pins.c.ticket_id == _ID)
_REPIN = (
    update(pins)
    .where(pins.c.connection == bindparam("of_connection"), pins.c.ticket_id == _ID, pins.c.digest == bindparam("old"))
    .values(digest=bindparam("new"))
)
_IS_OPEN = select(tickets.c.open).where(tickets.c.connection == bindparam("of_connection"), tickets.c.id == _ID)
_LAST_DECISION = (
    select(reviews.c.decision)
    .join(tickets, tickets.c.snapshot == reviews.c.id)
    .where(tickets.c.connection == bindparam("of_connection"), tickets.c.id == _ID)
)
_VERSIONS = select(policy_versions).order_by(policy_versions.c.since, policy_versions.c.digest)
_NEVER_IN_FORCE = delete(policy_versions).where(
    and_(policy_versions.c.pack == bindparam("of_pack"), policy_versions.c.since > bindparam("now", type_=UtcDateTime))
)
_TEXT = select(packs.c.text).where(packs.c.digest == bindparam("of_digest"))
_OPEN = select(tickets.c.connection, tickets.c.id).where(tickets.c.open)
