"""The record: reviews with everything they saw, what each ticket looked like last, and the texts of packs."""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, Executable, Row, and_, bindparam, select, update
from sqlalchemy import insert as plain_insert

from bridge.account import Account, OpenTicket
from bridge.decision import Decision, KeptClocks, Plan
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.store import agreements
from bridge.store.tables import UtcDateTime, Words, packs, reviews, tickets
from bridge.store.upsert import insert
from bridge.ticket import RESOLVED, Ticket, TicketRef

Model = TypeVar("Model", bound=BaseModel)


def record(connection: Connection, review: Review) -> None:
    """Write a review, its pack's text if that is new, and the snapshot unless a newer one was seen already."""
    digest = review.decision.digest if review.decision else None
    connection.execute(
        _RECORD,
        {
            "id": review.id,
            "connection": review.ref.connection,
            "ticket_id": review.ref.id,
            "at": review.at,
            "why": review.why,
            "outcome": review.outcome,
            "detail": review.detail,
            "ticket": _dump(review.ticket),
            "account": _dump(review.account),
            "decision": _dump(review.decision),
            "plan": _dump(review.plan),
            "digest": digest,
            "kept": _dump(review.kept),
        },
    )
    if review.pin:
        agreements.hold(connection, review.ref, review.pin)
    if digest and review.pack is not None:
        connection.execute(_keep_pack(connection.dialect.name), {"digest": digest, "text": json.dumps(review.pack)})
    if review.ticket:
        connection.execute(_SEE, _seen(review.ticket, review.id))


def latest(connection: Connection, ref: TicketRef | None, limit: int) -> list[Review]:
    """Reviews of one ticket or of all, newest first, without their packs' texts."""
    if ref is None:
        return [_review(row) for row in connection.execute(_LATEST, {"limit": limit})]
    return [_review(row) for row in connection.execute(_LATEST_OF, _of(ref) | {"limit": limit})]


def find(connection: Connection, ident: str) -> Review | None:
    """One review with its pack's text."""
    row = connection.execute(_FIND, {"review": ident}).first()
    return None if row is None else _review(row, pack=row.text and json.loads(row.text))


def snapshot(connection: Connection, ref: TicketRef) -> Ticket | None:
    """The newest snapshot of a ticket."""
    return _load(Ticket, connection.scalar(_SNAPSHOT, _of(ref)))


def written(connection: Connection, ref: TicketRef, since: datetime) -> list[Plan]:
    """Plans that were answered after an instant, newest first."""
    found = connection.scalars(_WRITTEN, _of(ref) | {"since": since})
    return [Plan.model_validate_json(text) for text in found]


def last_version(connection: Connection, ref: TicketRef) -> str:
    """The newest vendor stamp seen, or an empty string."""
    return connection.scalar(_VERSION, _of(ref)) or ""


def siblings(connection: Connection, ref: TicketRef, account: str) -> list[OpenTicket]:
    """Open tickets of an account on the same connection, without the one asked about."""
    return [
        OpenTicket(ref=TicketRef(connection=ref.connection, id=row.id), subject=row.subject)
        for row in connection.execute(_SIBLINGS, _of(ref) | {"account": account})
    ]


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


def _seen(ticket: Ticket, review: str) -> dict[str, object]:
    return _of(ticket.ref) | {
        "seen_version": ticket.version,
        "seen_account": ticket.account,
        "seen_subject": ticket.subject,
        "seen_open": ticket.status not in RESOLVED,
        "seen_by": review,
    }


def _dump(model: BaseModel | None) -> str | None:
    return None if model is None else model.model_dump_json()


def _load(model: type[Model], text: str | None) -> Model | None:
    return None if text is None else model.model_validate_json(text)


def _review(row: Row[Any], pack: dict[str, Any] | None = None) -> Review:
    return Review(
        id=row.id,
        ref=TicketRef(connection=row.connection, id=row.ticket_id),
        at=row.at,
        why=ReviewCause(row.why),
        outcome=ReviewOutcome(row.outcome),
        detail=row.detail,
        ticket=_load(Ticket, row.ticket),
        account=_load(Account, row.account),
        decision=_load(Decision, row.decision),
        plan=_load(Plan, row.plan),
        pack=pack,
        kept=_load(KeptClocks, row.kept),
    )


@cache
def _keep_pack(dialect: str) -> Executable:
    return insert(dialect, packs).on_conflict_do_nothing()


_RECORD = plain_insert(reviews)
_ONE = and_(tickets.c.connection == bindparam("of_connection"), tickets.c.id == bindparam("of_id", type_=Words))
_SEE = (
    update(tickets)
    .where(_ONE, tickets.c.version <= bindparam("seen_version"))
    .values(
        version=bindparam("seen_version"),
        account=bindparam("seen_account", type_=Words),
        subject=bindparam("seen_subject", type_=Words),
        open=bindparam("seen_open"),
        snapshot=bindparam("seen_by"),
    )
)
_NEWEST_FIRST = (reviews.c.at.desc(), reviews.c.id.desc())
_LATEST = select(reviews).order_by(*_NEWEST_FIRST).limit(bindparam("limit"))
_LATEST_OF = _LATEST.where(
    reviews.c.connection == bindparam("of_connection"), reviews.c.ticket_id == bindparam("of_id", type_=Words)
)
_WRITTEN = (
    select(reviews.c.plan)
    .where(
        reviews.c.connection == bindparam("of_connection"),
        reviews.c.ticket_id == bindparam("of_id", type_=Words),
        reviews.c.outcome == ReviewOutcome.APPLIED,
        reviews.c.at > bindparam("since", type_=UtcDateTime),
    )
    .order_by(*_NEWEST_FIRST)
)
_FIND = (
    select(reviews, packs.c.text)
    .join_from(reviews, packs, packs.c.digest == reviews.c.digest, isouter=True)
    .where(reviews.c.id == bindparam("review"))
)
_SNAPSHOT = select(reviews.c.ticket).join(tickets, tickets.c.snapshot == reviews.c.id).where(_ONE)
_VERSION = select(tickets.c.version).where(_ONE)
_SIBLINGS = (
    select(tickets.c.id, tickets.c.subject)
    .where(
        tickets.c.connection == bindparam("of_connection"),
        tickets.c.account == bindparam("account", type_=Words),
        tickets.c.open,
        tickets.c.id != bindparam("of_id", type_=Words),
    )
    .order_by(tickets.c.id)
)
