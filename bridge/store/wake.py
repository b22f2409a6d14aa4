"""Waking tickets, inside a transaction of whatever woke them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Executable, case, or_

from bridge.ports.outcomes import ReviewCause
from bridge.store.tables import tickets
from bridge.store.upsert import insert
from bridge.ticket import TicketRef


def wake(connection: Connection, dues: Mapping[TicketRef, datetime], why: ReviewCause) -> None:
    """Make each ticket due by its instant at the latest, and unpark it; an earlier due time stays.

    In key order, so that two hosts never wait for each other.
    """
    rows = [
        {"connection": ref.connection, "id": ref.id, "due": due, "why": why}
        for ref, due in sorted(dues.items(), key=lambda item: (item[0].connection, item[0].id))
    ]
    if rows:
        connection.execute(_upsert_due(connection.dialect.name), rows)


def add_ticket(connection: Connection, ref: TicketRef, due: datetime, why: ReviewCause) -> None:
    """Make a ticket known and due; one that is known stays as it is."""
    new = insert(connection.dialect.name, tickets).values(generation=1, attempts=0, version="", subject="", open=True)
    values = {"connection": ref.connection, "id": ref.id, "due": due, "why": why}
    connection.execute(new.on_conflict_do_nothing(index_elements=list(tickets.primary_key)), values)


@cache
def _upsert_due(dialect: str) -> Executable:
    new = insert(dialect, tickets).values(generation=1, attempts=0, version="", subject="", open=True)
    is_earlier = or_(tickets.c.due.is_(None), new.excluded.due < tickets.c.due)
    return new.on_conflict_do_update(
        index_elements=list(tickets.primary_key),
        set_={
            "due": case((is_earlier, new.excluded.due), else_=tickets.c.due),
            "generation": tickets.c.generation + 1,
            "why": new.excluded.why,
            "parked": None,
        },
    )
