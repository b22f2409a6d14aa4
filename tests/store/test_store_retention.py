"""Retention: what nothing rests on is forgotten in time, and nothing else."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from bridge.account import Account
from bridge.decision import Decision
from bridge.ports.reviews import Review
from bridge.ports.versions import PackVersion, Pin
from bridge.store import SqlStore, retention
from bridge.ticket import Status, Ticket, TicketRef

LONG_AGO = datetime(2025, 1, 6, 9, tzinfo=UTC)
LIMIT = LONG_AGO + timedelta(days=100)


def record_review(store: SqlStore, ident: str, day: float, status: Status | None = Status.OPEN, **values: Any) -> str:
    """A review of a ticket so many days after the first one; gives the review's id."""
    ref, at = TicketRef(connection="acme", id=ident), LONG_AGO + timedelta(days=day)
    ticket = Ticket(ref=ref, created_at=LONG_AGO, status=status, version=f"{at:%Y-%m-%d}") if status else None
    digest = values.pop("digest", "d")
    decision = Decision(ref=ref, at=at, pack="p", version="1", digest=digest) if ticket else None
    store.wake(ref, at, "command")
    [claim] = store.claim(at, limit=1, lease_s=60)
    review = Review(
        f"{ident}@{day}",
        ref,
        at,
        "command",
        "nothing",
        ticket=ticket,
        account=Account(),
        decision=decision,
        pack={"text": digest},
        **values,
    )
    assert store.finish(claim, review, confirmed=(), due=None)
    return review.id


def forget(store: SqlStore, before: datetime = LIMIT) -> int:
    return sum(store.forget_reviews(before))


def left(store: SqlStore) -> set[str]:
    return {review.id for review in store.reviews(limit=10_000)}


def test_of_a_resolved_ticket_the_newest_snapshot_stays(store: SqlStore) -> None:
    for day in range(3):
        record_review(store, "solved", day)
    newest = record_review(store, "solved", 3, Status.SOLVED)
    failed = record_review(store, "solved", 4, None)
    assert forget(store) == 4
    assert left(store) == {newest}, "a later review that saw nothing is not a snapshot"
    assert failed not in left(store)
    assert store.snapshot(TicketRef.parse("acme:solved")) is not None
    assert store.last_decision(TicketRef.parse("acme:solved")) is not None
    assert forget(store) == 0


def test_all_reviews_of_an_open_ticket_stay(store: SqlStore) -> None:
    kept = {record_review(store, "open", day) for day in range(5)}
    assert forget(store) == 0
    assert left(store) == kept


def test_reviews_are_kept_up_to_the_limit(store: SqlStore) -> None:
    early = record_review(store, "solved", 99.9, Status.SOLVED)
    on_time = record_review(store, "solved", 100, Status.SOLVED)
    recent = record_review(store, "solved", 300, Status.CLOSED)
    assert early in left(store)
    assert forget(store) == 1
    assert left(store) == {on_time, recent}


def test_a_ticket_that_nobody_ever_saw_keeps_no_reviews(store: SqlStore) -> None:
    record_review(store, "gone", 0, None)
    assert forget(store) == 1


def test_pins_and_verdicts_stay_without_the_reviews_that_made_them(store: SqlStore) -> None:
    pin = Pin("p", "pinned", "basis")
    record_review(store, "solved", 0, pin=pin, digest="pinned")
    record_review(store, "solved", 1, Status.SOLVED, digest="with the terms of a contract")
    assert forget(store) == 1
    assert store.pin(TicketRef.parse("acme:solved")) == pin
    assert store.pack_text("pinned") == {"text": "pinned"}
    assert store.pack_text("with the terms of a contract"), "the newest snapshot was judged by it"


def test_texts_go_when_nothing_refers_to_them(store: SqlStore) -> None:
    version = PackVersion("p", LONG_AGO, "announced", "1", "new_only")
    store.announce_version(version, {"text": "announced"}, LONG_AGO)
    record_review(store, "solved", 0, digest="old terms")
    newest = record_review(store, "solved", 1, Status.SOLVED, digest="new terms")
    assert forget(store) == 1
    assert store.pack_text("old terms") is None
    assert store.pack_text("announced") == {"text": "announced"}
    review = store.review(newest)
    assert review
    assert review.pack == {"text": "new terms"}


@pytest.mark.parametrize("batch", [1, 3, 50])
def test_many_go_batch_by_batch_and_between_them_the_work_can_be_stopped(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(retention, "_LIST_OLD_REVIEWS", retention._LIST_OLD_REVIEWS.limit(batch))
    for ident in ("a", "b"):
        for number in range(6):  # three at each instant
            record_review(store, f"{ident}{number % 3}", number // 3, Status.SOLVED)
    batches = cast("Generator[int]", store.forget_reviews(LIMIT))
    first = next(batches)
    assert first <= batch
    assert len(left(store)) == 12 - first, "each batch is a transaction of its own"
    batches.close()
    assert first + forget(store) == 6
    assert left(store) == {f"{ident}{number}@1" for ident in "ab" for number in range(3)}
