"""Leases on tickets, inside a transaction: taken, checked, given back and ended.

Every statement finds its rows by primary key or by the index on `due`, so that a claim costs the same whether the table
holds ten thousand tickets or a million.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, case, select, update

from bridge.ports.outcomes import ReviewCause
from bridge.ports.queue import Claim
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.due import IS_DUE, IS_LEASE_OVER, IS_UNREVIEWED, NOW
from bridge.store.holders import is_dead, new_holder
from bridge.store.tables import tickets
from bridge.ticket import TicketRef


def is_anything_due(connection: Connection, now: datetime, without: Collection[str] = ()) -> bool:
    """Whether a claim would find something: four times cheaper than a claim that finds nothing."""
    return connection.execute(_FIND_ANY_DUE, {"now": now, "without": ["", *without]}).first() is not None


def lease_due(
    connection: Connection,
    now: datetime,
    limit: int,
    lease_s: float,
    without: Collection[str] = (),
    *,
    latest: bool = False,
) -> list[Claim]:
    """Lease due tickets to an owner, whose name is new each time; ``latest``: those that became due last."""
    lock = _LOCK_LATEST_DUE if latest else _LOCK_DUE
    found = connection.execute(lock, {"now": now, "limit": limit, "without": ["", *without]}).all()
    owner, until = new_holder(), now + timedelta(seconds=lease_s)
    claims = [
        Claim(
            ref=TicketRef(connection=row.connection, id=row.id),
            generation=row.generation,
            owner=owner,
            lease_until=until,
            attempts=row.attempts,
            why=ReviewCause(row.why),
            due=row.due,
        )
        for row in found
    ]
    if claims:
        connection.execute(_LEASE_TICKET, [_held_by(claim) | {"until": until} for claim in claims])
    return claims


def lease_ticket(
    connection: Connection, ref: TicketRef, why: ReviewCause, now: datetime, lease_s: float, *, reviewed: bool = True
) -> Claim | None:
    """Lease one ticket, due or not; None: it is unknown, somebody holds it, or it must not be ``reviewed`` and is."""
    of_ticket = {"of_connection": ref.connection, "of_id": ref.id}
    row = connection.execute(_LOCK_FREE if reviewed else _LOCK_UNREVIEWED, of_ticket | {"now": now}).first()
    if row is None:
        return None
    until = now + timedelta(seconds=lease_s)
    claim = Claim(ref, row.generation, new_holder(), until, row.attempts, why, row.due)
    connection.execute(_LEASE_TICKET, _held_by(claim) | {"until": until})
    return claim


def is_held(connection: Connection, claim: Claim) -> bool:
    """Whether a claim still belongs to its holder; locks the ticket until the end of the transaction."""
    return connection.execute(_LOCK_HELD, _held_by(claim)).first() is not None


def give_back(connection: Connection, claim: Claim, due: datetime) -> None:
    """End a claim on a ticket that was not reviewed; everything but its due time stays as it was."""
    connection.execute(_GIVE_BACK, _held_by(claim) | {"next_due": due})


def release(
    connection: Connection,
    claim: Claim,
    *,
    at: datetime,
    due: datetime | None = None,
    attempts: int = 0,
    parked: str | None = None,
) -> bool:
    """End a claim. A ticket woken meanwhile keeps its due time and is not parked. False: the claim was lost."""
    values = {"claimed": claim.generation, "at": at, "next_due": due, "failed": attempts, "reason": parked}
    return connection.execute(_RELEASE, _held_by(claim) | values).rowcount == 1


def end_lease(connection: Connection, ref: TicketRef, now: datetime) -> bool:
    """End an expired lease and lock the ticket. False: the lease is still valid."""
    return connection.execute(_END_LEASE, {"of_connection": ref.connection, "of_id": ref.id, "now": now}).rowcount == 1


def end_leases_after(connection: Connection, now: datetime, latest: datetime) -> None:
    """Make tickets due whose lease, or whose wait after a failure, ends after ``latest``."""
    for statement in (_END_LEASES_AFTER, _END_WAITS_AFTER):
        connection.execute(statement, {"now": now, "latest": latest})


def dead_holders(connection: Connection) -> list[str]:
    """Holders of leases that were processes of this machine and have died."""
    return [owner for owner in connection.scalars(_LIST_HOLDERS) if is_dead(owner)]


def end_leases_of(connection: Connection, holders: Sequence[str], now: datetime) -> None:
    """Make the tickets due whose holders have died."""
    connection.execute(_END_LEASES_OF, [{"holder": holder, "now": now} for holder in holders])


def end_waits(connection: Connection, name: str, now: datetime) -> None:
    """Make the tickets of one helpdesk due that wait after a failure."""
    connection.execute(_END_WAITS, {"of_connection": name, "now": now})


def _held_by(claim: Claim) -> dict[str, object]:
    return {"of_connection": claim.ref.connection, "of_id": claim.ref.id, "holder": claim.owner}


_IS_TICKET = and_(
    tickets.c.connection == bindparam("of_connection"), tickets.c.id == bindparam("of_id", type_=SafeText)
)
_IS_HELD = and_(_IS_TICKET, tickets.c.owner == bindparam("holder"))
_UNTIL = bindparam("until", type_=UtcDateTime)
_NEXT_DUE = bindparam("next_due", type_=UtcDateTime)

# Never an empty list: for one, SQLAlchemy writes a subselect that scans.
_IS_ALLOWED = tickets.c.connection.not_in(bindparam("without", expanding=True))
_FIND_ANY_DUE = select(tickets.c.id).where(IS_DUE, _IS_ALLOWED).limit(1)

# Two statements instead of one UPDATE around a subselect: rows stay locked in between, PostgreSQL's planner has no
# chance to run the subselect twice, and the order survives.
_DUE = (
    select(tickets.c.connection, tickets.c.id, tickets.c.generation, tickets.c.attempts, tickets.c.why, tickets.c.due)
    .where(IS_DUE, _IS_ALLOWED)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_LOCK_DUE = _DUE.order_by(tickets.c.due)
_LOCK_LATEST_DUE = _DUE.order_by(tickets.c.due.desc())
# One row at a time: SQLite answers `(connection, id) IN (...)` by scanning the table.
_LEASE_TICKET = update(tickets).where(_IS_TICKET).values(owner=bindparam("holder"), lease_until=_UNTIL, due=_UNTIL)
_LOCK_FREE = (
    select(tickets.c.generation, tickets.c.attempts, tickets.c.due).where(_IS_TICKET, IS_LEASE_OVER).with_for_update()
)
_LOCK_UNREVIEWED = _LOCK_FREE.where(IS_UNREVIEWED)
_LOCK_HELD = select(tickets.c.id).where(_IS_HELD).with_for_update()
_GIVE_BACK = update(tickets).where(_IS_HELD).values(due=_NEXT_DUE, owner=None, lease_until=None)
_END_LEASE = update(tickets).where(_IS_TICKET, IS_LEASE_OVER).values(owner=None, lease_until=None)

_LATEST = bindparam("latest", type_=UtcDateTime)
_END_LEASES_AFTER = (
    update(tickets)
    .where(tickets.c.owner.is_not(None), tickets.c.lease_until > _LATEST)
    .values(due=NOW, owner=None, lease_until=None)
)
_END_WAITS_AFTER = update(tickets).where(tickets.c.due > _LATEST, tickets.c.attempts > 0).values(due=NOW)

_LIST_HOLDERS = select(tickets.c.owner).where(tickets.c.owner > "").distinct()
_END_LEASES_OF = (
    update(tickets).where(tickets.c.owner == bindparam("holder")).values(due=NOW, owner=None, lease_until=None)
)
_END_WAITS = (
    update(tickets)
    .where(
        tickets.c.connection == bindparam("of_connection"),
        tickets.c.due > NOW,
        tickets.c.attempts > 0,
        tickets.c.owner.is_(None),
    )
    .values(due=NOW)
)

_IS_UNTOUCHED = tickets.c.generation == bindparam("claimed")
_RELEASE = (
    update(tickets)
    .where(_IS_HELD)
    .values(
        due=case((_IS_UNTOUCHED, _NEXT_DUE), else_=tickets.c.due),
        parked=case((_IS_UNTOUCHED, bindparam("reason", type_=SafeText)), else_=None),
        why=case((_IS_UNTOUCHED, ReviewCause.DUE), else_=tickets.c.why),
        owner=None,
        lease_until=None,
        attempts=bindparam("failed"),
        reviewed_at=bindparam("at", type_=UtcDateTime),
    )
)
