"""Every ticket as the last review saw it, for reports."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from bridge.ports.reviews import Review
from bridge.store.store import SqlStore
from bridge.store.tables import tickets


def last_reviews(store: SqlStore) -> Iterator[Review]:
    """The reviews with the newest snapshot of each ticket, one after the other, with their packs' texts."""
    with store._database.read() as connection:
        idents = list(connection.scalars(select(tickets.c.snapshot).where(tickets.c.snapshot.is_not(None))))
    for ident in sorted(idents):
        if review := store.review(ident):
            yield review
