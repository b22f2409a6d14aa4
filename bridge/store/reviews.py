"""Reviews with everything they saw, and the newest state of each ticket."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import Connection, Row, and_, bindparam, select, update
from sqlalchemy import insert as plain_insert

from bridge.account import Account, OpenTicket
from bridge.decision import Decision, KeptClocks, Plan
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.pack_versions import insert_pack_text, upsert_pin
from bridge.store.tables import packs, reviews, tickets
from bridge.ticket import RESOLVED, Ticket, TicketRef

Model = TypeVar("Model", bound=BaseModel)


class SqlReviews(DatabasePart):
    """Implements :class:`bridge.ports.reviews.ReviewStore`, but for retention."""

    def reviews(self, ref: TicketRef | None = None, *, limit: int = 50) -> list[Review]:
        """Reviews of one ticket or of all, newest first, without the texts of their packs."""
        with self.database.read() as connection:
            if ref is None:
                return [_review(row) for row in connection.execute(_LIST_REVIEWS, {"limit": limit})]
            return [_review(row) for row in connection.execute(_LIST_REVIEWS_OF_TICKET, _of(ref) | {"limit": limit})]

    def review(self, review: str) -> Review | None:
        with self.database.read() as connection:
            row = connection.execute(_GET_REVIEW, {"review": review}).first()
        return None if row is None else _review(row, pack=row.text and json.loads(row.text))

    def snapshot(self, ref: TicketRef) -> Ticket | None:
        with self.database.read() as connection:
            return _load(Ticket, connection.scalar(_GET_SNAPSHOT, _of(ref)))

    def last_version(self, ref: TicketRef) -> str:
        with self.database.read() as connection:
            return connection.scalar(_GET_LAST_VERSION, _of(ref)) or ""

    def last_decision(self, ref: TicketRef) -> Decision | None:
        with self.database.read() as connection:
            return _load(Decision, connection.scalar(_GET_LAST_DECISION, _of(ref)))

    def other_open_tickets(self, ref: TicketRef, account: str) -> list[OpenTicket]:
        """Those of the account on the same connection."""
        with self.database.read() as connection:
            rows = connection.execute(_LIST_OTHER_OPEN_TICKETS, _of(ref) | {"account": account})
            refs = ((row, TicketRef(connection=ref.connection, id=row.id)) for row in rows)
            return [OpenTicket(ref=other, subject=row.subject, number=row.number or "") for row, other in refs]

    def plans_written(self, ref: TicketRef, since: datetime) -> list[Plan]:
        with self.database.read() as connection:
            found = connection.scalars(_LIST_PLANS_WRITTEN, _of(ref) | {"since": since})
            return [Plan.model_validate_json(text).permitted for text in found]


def insert_review(connection: Connection, review: Review) -> None:
    """Write a review, its pack's text if that is new, and the snapshot unless a newer one was seen already."""
    digest = review.decision.digest if review.decision else None
    connection.execute(_INSERT_REVIEW, _row(review) | {"digest": digest})
    if review.pin:
        upsert_pin(connection, review.ref, review.pin)
    if digest and review.pack is not None:
        insert_pack_text(connection, digest, json.dumps(review.pack))
    if review.outcome is ReviewOutcome.ENDED:
        connection.execute(_END_TICKET, _of(review.ref))
    if review.ticket:
        connection.execute(_UPDATE_SNAPSHOT, _seen(review.ticket, review.id))


def _row(review: Review) -> dict[str, object]:
    return {
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
        "kept": _dump(review.kept),
    }


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


def _seen(ticket: Ticket, review: str) -> dict[str, object]:
    return _of(ticket.ref) | {
        "seen_version": ticket.version,
        "seen_account": ticket.account,
        "seen_subject": ticket.subject,
        "seen_number": ticket.number,
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


_INSERT_REVIEW = plain_insert(reviews)
_IS_TICKET = and_(
    tickets.c.connection == bindparam("of_connection"), tickets.c.id == bindparam("of_id", type_=SafeText)
)
_UPDATE_SNAPSHOT = (
    update(tickets)
    .where(_IS_TICKET, tickets.c.version <= bindparam("seen_version"))
    .values(
        version=bindparam("seen_version"),
        account=bindparam("seen_account", type_=SafeText),
        subject=bindparam("seen_subject", type_=SafeText),
        number=bindparam("seen_number", type_=SafeText),
        open=bindparam("seen_open"),
        snapshot=bindparam("seen_by"),
    )
)
_NEWEST_FIRST = (reviews.c.at.desc(), reviews.c.id.desc())
_END_TICKET = update(tickets).where(_IS_TICKET).values(open=False)
_LIST_REVIEWS = select(reviews).order_by(*_NEWEST_FIRST).limit(bindparam("limit"))
_LIST_REVIEWS_OF_TICKET = _LIST_REVIEWS.where(
    reviews.c.connection == bindparam("of_connection"), reviews.c.ticket_id == bindparam("of_id", type_=SafeText)
)
_LIST_PLANS_WRITTEN = (
    select(reviews.c.plan)
    .where(
        reviews.c.connection == bindparam("of_connection"),
        reviews.c.ticket_id == bindparam("of_id", type_=SafeText),
        reviews.c.outcome == ReviewOutcome.APPLIED,
        reviews.c.at > bindparam("since", type_=UtcDateTime),
    )
    .order_by(*_NEWEST_FIRST)
)
_GET_REVIEW = (
    select(reviews, packs.c.text)
    .join_from(reviews, packs, packs.c.digest == reviews.c.digest, isouter=True)
    .where(reviews.c.id == bindparam("review"))
)
_GET_SNAPSHOT = select(reviews.c.ticket).join(tickets, tickets.c.snapshot == reviews.c.id).where(_IS_TICKET)
_GET_LAST_DECISION = select(reviews.c.decision).join(tickets, tickets.c.snapshot == reviews.c.id).where(_IS_TICKET)
_GET_LAST_VERSION = select(tickets.c.version).where(_IS_TICKET)
_LIST_OTHER_OPEN_TICKETS = (
    select(tickets.c.id, tickets.c.subject, tickets.c.number)
    .where(
        tickets.c.connection == bindparam("of_connection"),
        tickets.c.account == bindparam("account", type_=SafeText),
        tickets.c.open,
        tickets.c.id != bindparam("of_id", type_=SafeText),
    )
    .order_by(tickets.c.id)
)
