"""Deliveries: kept once, raw, with everything they wake, in one transaction."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bridge.ports.deliveries import Delivery
from bridge.ports.reviews import Review
from bridge.store import SqlStore
from bridge.ticket import TicketRef

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TICKET = TicketRef.parse("acme:5158")
OTHER = TicketRef.parse("acme:5159")


def delivery(ident: str = "01J", *refs: TicketRef, body: bytes = b"{}", verdict: str = "accepted") -> Delivery:
    return Delivery("acme", ident, NOW, {"User-Agent": "Zendesk Webhook"}, body, refs, verdict)


def due_at(store: SqlStore, now: datetime) -> list[str]:
    return [str(claim.ref) for claim in store.claim(now, limit=100, lease_s=60)]


def test_a_delivery_wakes_its_tickets_when_the_burst_is_over(store: SqlStore) -> None:
    assert store.accept(delivery("01J", TICKET, OTHER), NOW + timedelta(seconds=5))
    assert due_at(store, NOW + timedelta(seconds=4)) == []
    assert sorted(due_at(store, NOW + timedelta(seconds=5))) == ["acme:5158", "acme:5159"]


def test_a_duplicate_is_known_and_wakes_nothing(store: SqlStore) -> None:
    assert store.accept(delivery("01J", TICKET), NOW)
    [claim] = store.claim(NOW, limit=1, lease_s=60)
    store.finish(claim, Review("r1", TICKET, NOW, "delivery", "nothing"), confirmed=(), due=None)
    assert not store.accept(delivery("01J", TICKET), NOW)
    assert due_at(store, LATER) == []


def test_the_same_id_on_another_connection_is_another_delivery(store: SqlStore) -> None:
    assert store.accept(delivery("01J", TICKET), NOW)
    assert store.accept(Delivery("globex", "01J", NOW, {}, b""), NOW)


def test_of_many_twins_at_once_exactly_one_is_new(store: SqlStore) -> None:
    with ThreadPoolExecutor(8) as threads:
        news = list(threads.map(lambda n: store.accept(delivery(f"id-{n % 5}", TICKET), NOW), range(40)))
    assert news.count(True) == 5
    assert store.counts(NOW).deliveries == {"accepted": 5}


def test_bytes_and_headers_of_any_kind_are_kept(store: SqlStore) -> None:
    odd = Delivery(
        "acme", "x", NOW, {"X-Odd": "caf\xe9 \udcff \0"}, b"\x00\xff\xfe\n", (), "is neither JSON nor a form"
    )
    assert store.accept(odd, NOW)
    assert store.counts(NOW).deliveries == {"is neither JSON nor a form": 1}


def test_refusals_are_only_counted(store: SqlStore) -> None:
    for at in (NOW, NOW, NOW + timedelta(days=1)):
        store.count_rejected("acme", "wrong signature", at)
    store.count_rejected("globex", "wrong signature", NOW)
    counts = store.counts(NOW)
    assert counts.rejected == {("acme", "wrong signature"): 3, ("globex", "wrong signature"): 1}
    assert counts.deliveries == {}


def test_retention_drops_bodies_once_their_ticket_was_reviewed(store: SqlStore) -> None:
    store.accept(delivery("reviewed", TICKET), NOW)
    store.accept(delivery("not-understood", verdict="is neither JSON nor a form"), NOW)
    [claim] = store.claim(NOW, limit=1, lease_s=60)
    store.finish(claim, Review("r1", TICKET, NOW, "delivery", "nothing"), confirmed=(), due=None)
    store.accept(delivery("unreviewed", OTHER), NOW)

    assert store.forget_delivery_bodies(NOW) == 0, "nothing is older than that"
    assert store.forget_delivery_bodies(LATER) == 2
    assert store.forget_delivery_bodies(LATER) == 0
    assert not store.accept(delivery("reviewed", TICKET), NOW), "its id is still known"
    assert due_at(store, LATER) == ["acme:5159"], "what is not reviewed yet is still due"


def test_a_naive_instant_is_refused(store: SqlStore) -> None:
    with pytest.raises(Exception, match="no time zone"):
        store.wake(TICKET, NOW.replace(tzinfo=None), "command")
