"""Retention: deletes old reviews that nothing depends on, and texts of packs that nothing refers to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Text, bindparam, delete, exists, or_, select, text, tuple_

from bridge.store.column_types import UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.tables import packs, pins, policy_versions, reviews, tickets

BATCH = 200
"""Reviews deleted in one transaction: others write in between."""


@dataclass(frozen=True)
class _Page:
    """Some old reviews, by the time at which they began."""

    ids: Sequence[str]
    last: datetime
    """When the last of them began."""


class SqlRetention(DatabasePart):
    """Implements the retention of :class:`bridge.ports.reviews.ReviewStore`."""

    def forget_reviews(self, before: datetime) -> Iterator[int]:
        page = self._next_page(before, None)
        while page:
            with self.database.write() as connection:
                forgotten = connection.execute(_DELETE_UNUSED_REVIEWS, {"ids": page.ids}).rowcount
            yield forgotten
            page = self._next_page(before, page)
        with self.database.write() as connection:
            _delete_unused_texts(connection)

    def _next_page(self, before: datetime, after: _Page | None) -> _Page | None:
        """The reviews that began before an instant and come after a page; None: there are no more."""
        start = {"at": after.last, "id": after.ids[-1]} if after else {"at": _BEGINNING, "id": ""}
        with self.database.read() as connection:
            rows = connection.execute(_LIST_OLD_REVIEWS, {"before": before, **start}).all()
        return _Page([row.id for row in rows], rows[-1].at) if rows else None


def _delete_unused_texts(connection: Connection) -> None:
    """Delete the texts of packs to which no version, pin or review refers."""
    if connection.dialect.name == "postgresql":
        # SQLite has one writer; here a review that finds its text in place must not lose it before it is committed
        connection.execute(text("LOCK TABLE packs IN SHARE ROW EXCLUSIVE MODE"))
    connection.execute(_DELETE_UNUSED_TEXTS)


_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00Z")
_AT, _ID = bindparam("at", type_=UtcDateTime), bindparam("id", type_=Text)
_LIST_OLD_REVIEWS = (
    select(reviews.c.id, reviews.c.at)
    .where(
        reviews.c.at < bindparam("before", type_=UtcDateTime),
        reviews.c.at >= _AT,  # for the index, which does not know the pair
        tuple_(reviews.c.at, reviews.c.id) > tuple_(_AT, _ID),
    )
    .order_by(reviews.c.at, reviews.c.id)
    .limit(BATCH)
)

_IS_IN_USE = exists().where(
    tickets.c.connection == reviews.c.connection,
    tickets.c.id == reviews.c.ticket_id,
    tickets.c.snapshot.is_not(None),  # a ticket that no review has seen counts as open
    or_(tickets.c.open, tickets.c.snapshot == reviews.c.id),
)
_DELETE_UNUSED_REVIEWS = delete(reviews).where(reviews.c.id.in_(bindparam("ids", expanding=True)), ~_IS_IN_USE)

_DELETE_UNUSED_TEXTS = delete(packs).where(
    *(~exists().where(other.c.digest == packs.c.digest) for other in (policy_versions, pins, reviews))
)
