"""The queue: one row a ticket, with when it is due, who holds it, and a generation that moves at every wake-up.

There are no jobs. A ticket is due or it is not, so the queue cannot outgrow the number of tickets, and a ticket woken
twice is looked at once. Who holds a claim and dies loses it when the lease ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Connection, Executable, and_, bindparam, case, exists, or_, select, tuple_, update

from bridge.ports.outcomes import ReviewCause
from bridge.ports.queue import Claim
from bridge.store.tables import UtcDateTime, Words, connections, tickets
from bridge.store.upsert import insert
from bridge.ticket import TicketRef


def wake(connection: Connection, dues: Mapping[TicketRef, datetime], why: ReviewCause) -> None:
    """Make sure that each ticket is looked at by its instant: an earlier one stays. Unparks."""
    rows = [
        {"connection": ref.connection, "id": ref.id, "due": due, "why": why}
        for ref, due in sorted(dues.items(), key=lambda item: (item[0].connection, item[0].id))
    ]
    if rows:
        connection.execute(_wake(connection.dialect.name), rows)


def anything_due(connection: Connection, now: datetime) -> bool:
    """Whether a claim would find something: four times cheaper than a claim that finds nothing."""
    return connection.execute(_PEEK, {"now": now}).first() is not None


def claim(connection: Connection, now: datetime, limit: int, lease_s: float) -> list[Claim]:
    """Lease due tickets to an owner that is new each time: a holder which overslept its lease is nobody's namesake."""
    picked = connection.execute(_PICK, {"now": now, "limit": limit}).all()
    owner, until = secrets.token_hex(8), now + timedelta(seconds=lease_s)
    if picked:
        connection.execute(
            _LEASE, {"holder": owner, "until": until, "picked": [(row.connection, row.id) for row in picked]}
        )
    return [
        Claim(
            ref=TicketRef(connection=row.connection, id=row.id),
            generation=row.generation,
            owner=owner,
            lease_until=until,
            attempts=row.attempts,
            why=ReviewCause(row.why),
        )
        for row in picked
    ]


def holds(connection: Connection, claim: Claim) -> bool:
    """Whether a claim is still its holder's; keeps it so until the end of the transaction."""
    return connection.execute(_HOLDS, _of(claim)).first() is not None


def give_back(connection: Connection, claim: Claim, due: datetime) -> None:
    """End a claim on a ticket nobody has looked at; all but its due time is as before."""
    connection.execute(_GIVE_BACK, _of(claim) | {"next_due": due})


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
    values = {"seen": claim.generation, "at": at, "next_due": due, "failed": attempts, "reason": parked}
    return connection.execute(_RELEASE, _of(claim) | values).rowcount == 1


def set_free(connection: Connection, ref: TicketRef, now: datetime) -> bool:
    """Take a ticket from whoever overslept its lease, until the end of the transaction. False: somebody holds it."""
    return connection.execute(_SET_FREE, {"of_connection": ref.connection, "of_id": ref.id, "now": now}).rowcount == 1


def unpark(connection: Connection, ref: TicketRef, now: datetime) -> bool:
    """Make a parked ticket due. False when it is not parked."""
    return connection.execute(_UNPARK, {"of_connection": ref.connection, "of_id": ref.id, "now": now}).rowcount == 1


def _of(claim: Claim) -> dict[str, object]:
    return {"of_connection": claim.ref.connection, "of_id": claim.ref.id, "holder": claim.owner}


@cache
def _wake(dialect: str) -> Executable:
    new = insert(dialect, tickets).values(generation=1, attempts=0, version="", subject="", open=True)
    earlier = or_(tickets.c.due.is_(None), new.excluded.due < tickets.c.due)
    return new.on_conflict_do_update(
        index_elements=list(tickets.primary_key),
        set_={
            "due": case((earlier, new.excluded.due), else_=tickets.c.due),
            "generation": tickets.c.generation + 1,
            "why": new.excluded.why,
            "parked": None,
        },
    )


_NOW = bindparam("now", type_=UtcDateTime)
_UNTIL = bindparam("until", type_=UtcDateTime)

_FREE = and_(
    tickets.c.due <= _NOW,
    or_(tickets.c.lease_until.is_(None), tickets.c.lease_until <= _NOW),
    ~exists().where(connections.c.name == tickets.c.connection, connections.c.not_before > _NOW),
)
_PEEK = select(tickets.c.id).where(_FREE).limit(1)

# Two statements instead of one UPDATE around a subselect: rows stay locked in between, PostgreSQL's planner has no
# chance to run the subselect twice, and the order survives.
_PICK = (
    select(tickets.c.connection, tickets.c.id, tickets.c.generation, tickets.c.attempts, tickets.c.why)
    .where(_FREE)
    .order_by(tickets.c.due)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
_LEASE = (
    update(tickets)
    .where(tuple_(tickets.c.connection, tickets.c.id).in_(bindparam("picked", expanding=True)))
    .values(owner=bindparam("holder"), lease_until=_UNTIL, due=_UNTIL)
)

_ONE = and_(tickets.c.connection == bindparam("of_connection"), tickets.c.id == bindparam("of_id", type_=Words))
_UNPARK = (
    update(tickets)
    .where(_ONE, tickets.c.parked.is_not(None))
    .values(due=_NOW, parked=None, attempts=0, why=ReviewCause.COMMAND, generation=tickets.c.generation + 1)
)
_SET_FREE = (
    update(tickets)
    .where(_ONE, or_(tickets.c.lease_until.is_(None), tickets.c.lease_until <= _NOW))
    .values(owner=None, lease_until=None)
)
_HELD = and_(_ONE, tickets.c.owner == bindparam("holder"))
_HOLDS = select(tickets.c.id).where(_HELD).with_for_update()

_GIVE_BACK = (
    update(tickets).where(_HELD).values(due=bindparam("next_due", type_=UtcDateTime), owner=None, lease_until=None)
)

_UNTOUCHED = tickets.c.generation == bindparam("seen")
_RELEASE = (
    update(tickets)
    .where(_HELD)
    .values(
        due=case((_UNTOUCHED, bindparam("next_due", type_=UtcDateTime)), else_=tickets.c.due),
        parked=case((_UNTOUCHED, bindparam("reason", type_=Words)), else_=None),
        why=case((_UNTOUCHED, ReviewCause.DUE), else_=tickets.c.why),
        owner=None,
        lease_until=None,
        attempts=bindparam("failed"),
        reviewed_at=bindparam("at", type_=UtcDateTime),
    )
)
