"""What is recorded once says on every database whether it was new; not every one counts the rows of an insert."""

from __future__ import annotations

from datetime import UTC, datetime

from bridge.ports.amendments import RecordedAmendment
from bridge.ports.approvals import RecordedApproval
from bridge.store import SqlStore
from bridge.ticket import TicketRef

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
REF = TicketRef(connection="zendesk", id="7")


def test_an_approval(store: SqlStore) -> None:
    approval = RecordedApproval("a", REF, "estimate", granted=True, by="pat@acme.example", at=NOW)
    assert store.record_approval(approval)
    assert not store.record_approval(approval)
    assert store.approvals(REF) == [approval]


def test_an_amendment_which_wakes_its_ticket(store: SqlStore) -> None:
    amendment = RecordedAmendment(
        "a", REF, "extend", "completion", NOW, "a part", "lead@vendor.example", "console", NOW
    )
    assert store.record_amendment(amendment)
    assert not store.record_amendment(amendment)
    assert store.amendments(REF) == [amendment]
    entry = store.queue_entry(REF)
    assert entry is not None
    assert entry.due == NOW


def test_a_token_of_the_console(store: SqlStore) -> None:
    assert store.keep_console_token("digest", NOW)
    assert not store.keep_console_token("another", NOW)
    assert store.keep_console_token("another", NOW, replace=True)
