"""An approval given through a link on a ticket that was merged counts on the one that stays, if the policy says so."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.approvals import RecordedApproval
from bridge.ports.reviews import Review
from bridge.runtime.approval_links import ApprovalLinks
from bridge.store import SqlStore
from bridge.ticket import TicketRef

from .conftest import AGENT, CLIENT, GATES, REF, URL, ReviewedTicket


@pytest.mark.parametrize(("approvals", "waits"), [("own", True), ("all", False)])
def test_an_approval_by_link_comes_with_the_merge(sqlite_store: SqlStore, approvals: str, waits: bool) -> None:
    rule = {"clause": "MA-04", "answers": "all", "approvals": approvals}
    ticket = ReviewedTicket(
        sqlite_store, ApprovalLinks(URL, "a key"), policy=load_policy("maas360", GATES | {"merges": rule})
    )
    ticket.set_fact("estimate_hours", 12)
    ticket.review()
    other = TicketRef(connection=REF.connection, id="8")
    ticket.pass_time(minutes=10)
    sqlite_store.record_approval(
        RecordedApproval("an-id", other, "estimate", granted=True, by=CLIENT, at=ticket.now, recorded_by="agent")
    )
    [claim] = sqlite_store.claim(ticket.now, limit=1, lease_s=60)
    assert claim.ref == other
    ended = Review("ended", other, ticket.now, "approval", "ended")
    assert sqlite_store.finish(claim, ended, confirmed=(), due=None)
    ticket.pass_time(minutes=10)
    source = InMemoryHelpdesk(
        ticket.ticket.model_copy(update={"ref": other, "created_at": ticket.now - timedelta(hours=1), "timeline": ()})
    )
    ticket.helpdesk.now = source.now = ticket.now
    ticket.helpdesk.merge(source, AGENT)
    ticket.review()
    assert ticket.is_waiting() is waits
