"""The lists of tickets and of reviews, read from recorded reviews: nothing is evaluated here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from bridge.console.activity import ReviewSummary, review_summary
from bridge.console.ticket_columns import COLUMNS, SEVERITY, Column, Snapshot
from bridge.policy.model import Policy
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.store.queries import QueueEntry
from bridge.ticket import TicketRef

CACHED_REVIEWS = 2_000
"""Number of reviews whose summaries are kept in memory."""
SHOWN_OPEN, SHOWN_RESOLVED, SHOWN_REVIEWS = 200, 12, 40


@dataclass(frozen=True)
class TicketSummary:
    """A ticket as one review saw it: a value for each column."""

    review: str
    ref: TicketRef
    pack: str
    priority: str | None
    """The priority that the pack gives to its severity; colours the row."""
    cells: Mapping[str, Any]
    """Values by the name of their column."""


@dataclass(frozen=True)
class TicketRow:
    """A row of the list: the state of a ticket in the queue, and its summary once it was reviewed."""

    queue_entry: QueueEntry
    summary: TicketSummary | None


class TicketList:
    """The lists of one installation. A review never changes, so its summaries are cached."""

    def __init__(self, store: SqlStore, policies: Mapping[str, Policy]) -> None:
        """``policies`` by the name of their pack."""
        self._store = store
        self._policies = policies
        self._summaries = lru_cache(CACHED_REVIEWS)(self._read)

    def open(self, sort: str = SEVERITY.name) -> list[TicketRow]:
        """Open tickets in the order of a column, which is the severity for an unknown name."""
        column = next((column for column in COLUMNS if column.name == sort), SEVERITY)
        return sorted(self._rows(self._store.queue_entries(is_open=True, limit=SHOWN_OPEN)), key=_order(column))

    def resolved(self) -> list[TicketRow]:
        """The most recently resolved tickets."""
        return self._rows(self._store.queue_entries(is_open=False, limit=SHOWN_RESOLVED))

    def activity(self, *, after: datetime | None = None, limit: int = SHOWN_REVIEWS) -> list[ReviewSummary]:
        """The last reviews with an effect, newest first; with ``after`` those since then, oldest first."""
        return self._reviews(self._store.recent_reviews(after=after, limit=limit))

    def history(self, ref: TicketRef, limit: int) -> list[ReviewSummary]:
        """The reviews of one ticket, newest first, including those without an effect."""
        return self._reviews(self._store.ticket_history(ref, limit=limit))

    def _rows(self, entries: Iterable[QueueEntry]) -> list[TicketRow]:
        return [TicketRow(entry, self._summaries(entry.snapshot)[0] if entry.snapshot else None) for entry in entries]

    def _reviews(self, idents: Iterable[str]) -> list[ReviewSummary]:
        return [found for ident in idents if (found := self._summaries(ident)[1])]

    def _read(self, ident: str) -> tuple[TicketSummary | None, ReviewSummary | None]:
        review = self._store.review(ident)
        if review is None:
            return None, None
        policy = self._policies.get(review.decision.pack) if review.decision else None
        return _ticket_summary(review, policy), review_summary(review, policy)


def _order(column: Column) -> Callable[[TicketRow], Any]:
    """Sort key: the column, then severity and reference; tickets without a review come last."""

    def key(row: TicketRow) -> Any:
        ref = row.queue_entry.ref
        place = ref.connection, len(ref.id), ref.id
        if row.summary is None:
            return True, place
        cells = row.summary.cells
        return False, column.sort(cells[column.name]), SEVERITY.sort(cells[SEVERITY.name]), place

    return key


def _ticket_summary(review: Review, policy: Policy | None) -> TicketSummary | None:
    if review.ticket is None or review.decision is None:
        return None
    seen = Snapshot(review, review.ticket, review.decision, policy)
    cells = {column.name: column.value(seen) for column in COLUMNS}
    return TicketSummary(review.id, review.ref, review.decision.pack, cells[SEVERITY.name].priority, cells)
