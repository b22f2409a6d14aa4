"""What is forgotten in time: old reviews that nothing rests on, and texts of packs that nothing refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, bindparam, delete, exists, or_, select, text, tuple_

from bridge.store.tables import UtcDateTime, packs, pins, policy_versions, reviews, tickets

BATCH = 200
"""Reviews in one transaction: others write in between."""


@dataclass(frozen=True)
class Page:
    """Some old reviews, by the time at which they began."""

    idents: Sequence[str]
    last: datetime
    """When the last of them began."""


def page(connection: Connection, before: datetime, after: Page | None) -> Page | None:
    """The reviews that began before an instant and come after a page; None: there are no more."""
    start = {"at": after.last, "ident": after.idents[-1]} if after else {"at": _BEGINNING, "ident": ""}
    rows = connection.execute(_PAGE, {"before": before, **start}).all()
    return Page([row.id for row in rows], rows[-1].at) if rows else None


def forget(connection: Connection, old: Page) -> int:
    """Delete those of a page that nothing rests on; how many."""
    return connection.execute(_FORGET, {"idents": old.idents}).rowcount


def forget_texts(connection: Connection) -> None:
    """Delete the texts of packs to which no version, pin or review refers."""
    if connection.dialect.name == "postgresql":
        # SQLite has one writer; here a review that finds its text in place must not lose it before it is committed
        connection.execute(text("LOCK TABLE packs IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(_FORGET_TEXTS)


_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00Z")
_AT, _IDENT = bindparam("at", type_=UtcDateTime), bindparam("ident", type_=Text)
_PAGE = (
    select(reviews.c.id, reviews.c.at)
    .where(
        reviews.c.at < bindparam("before", type_=UtcDateTime),
        reviews.c.at >= _AT,  # for the index, which does not know the pair
        tuple_(reviews.c.at, reviews.c.id) > tuple_(_AT, _IDENT),
    )
    .order_by(reviews.c.at, reviews.c.id)
    .limit(BATCH)
)

_RESTS_ON = exists().where(
    tickets.c.connection == reviews.c.connection,
    tickets.c.id == reviews.c.ticket_id,
    tickets.c.snapshot.is_not(None),  # a ticket that nobody has seen is open for want of better knowledge
    or_(tickets.c.open, tickets.c.snapshot == reviews.c.id),
)
_FORGET = delete(reviews).where(reviews.c.id.in_(bindparam("idents", expanding=True)), ~_RESTS_ON)

_FORGET_TEXTS = delete(packs).where(
    *(~exists().where(other.c.digest == packs.c.digest) for other in (policy_versions, pins, reviews))
)
