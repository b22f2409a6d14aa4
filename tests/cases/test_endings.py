"""Tickets that were deleted, merged or archived leave the queue with a reason, and nobody has to do anything."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.zendesk.actors import TicketSnapshot
from mappings.zendesk.ticket import to_ticket
from tests.mappings.test_zendesk_timeline import REF, WIRED

MERGE = {"channel": "web", "source": {"from": {}, "to": {"ticket_id": 8}, "rel": "merge"}}


@pytest.mark.parametrize(
    ("ticket", "via", "ending"),
    [
        ({"status": "open", "tags": []}, MERGE, None),
        ({"status": "open", "tags": ["closed_by_merge"]}, MERGE, None),
        ({"status": "closed", "tags": []}, MERGE, None),
        ({"status": "closed", "tags": ["closed_by_merge"]}, MERGE, "the ticket was merged into #8"),
        ({"status": "closed", "tags": ["closed_by_merge"]}, None, "the ticket was merged"),
        ({"status": "deleted", "tags": []}, None, "the ticket was deleted"),
    ],
)
def test_how_a_ticket_of_zendesk_ended(ticket: dict[str, Any], via: Any, ending: str | None) -> None:
    audit = {"id": 1, "created_at": "2026-03-02T08:00:00Z", "author_id": 101, "events": [], "via": via}
    raw = {"id": 7, "created_at": "2026-03-02T08:00:00Z", **ticket}
    found = to_ticket(REF, TicketSnapshot(raw, [audit], {}), WIRED).ending
    assert (found and str(found)) == ending


def test_a_deleted_ticket_of_a_suspended_requester_was_spam() -> None:
    raw = {"id": 7, "created_at": "2026-03-02T08:00:00Z", "status": "deleted", "requester_id": 701}
    users = {"701": {"id": 701, "role": "end-user", "suspended": True}}
    assert str(to_ticket(REF, TicketSnapshot(raw, [], users), WIRED).ending) == "the ticket was marked as spam"
