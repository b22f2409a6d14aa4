"""Names that nobody knows, in the API: JSON that says what is known."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.helpdesks.in_memory import InMemoryHelpdesk

from .conftest import ReviewingInstallation


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "/api/tickets/zendesk/999", 404, "ticket: found zendesk:999, which was never reviewed"),
        ("GET", "/api/tickets/other/1", 404, "connection: found 'other'; allowed: zendesk"),
        ("POST", "/api/tickets/zendesk/999/release", 404, "ticket: found zendesk:999"),
        ("POST", "/api/tickets/zendesk/999/take-out", 404, "ticket: found zendesk:999"),
        ("POST", "/api/tickets/zendesk/999/let-back-in", 404, "ticket: found zendesk:999"),
        ("GET", "/api/parked?connection=other", 404, "connection: found 'other'; allowed: zendesk"),
        ("POST", "/api/parked/release?connection=other", 404, "connection: found 'other'; allowed: zendesk"),
        ("POST", "/api/stop", 404, "connection: found 'other'; allowed: zendesk"),
        ("GET", "/api/preview?connection=other", 404, "connection: found 'other'; allowed: zendesk"),
        ("GET", "/api/preview?kind=banana", 400, "kind: found 'banana'; allowed: "),
        ("GET", "/api/activity?clause=XX-1", 404, "clause: found 'XX-1'; allowed: MA-01, "),
        ("GET", "/api/activity?account=Nobody", 404, "account: found 'Nobody'; allowed: Acme (5101)"),
        ("GET", "/api/activity?since=yesterday", 400, "since: found 'yesterday'; allowed: "),
        ("GET", "/api/reviews?after=yesterday", 400, "after: found 'yesterday'; "),
        ("POST", "/api/tickets/zendesk/999/amendments", 404, "ticket: found zendesk:999"),
        ("POST", "/api/tickets/other/1/amendments", 404, "connection: found 'other'; allowed: zendesk"),
        ("POST", "/api/tickets/zendesk/1/amendments?what=cancel", 400, "what: found 'cancel'; allowed: waive, extend"),
        ("GET", "/api/tickets/zendesk/1/undo?clause=XX-1", 404, "clause: found 'XX-1'; allowed: MA-01, "),
        ("POST", "/api/tickets/zendesk/1/undo?clause=XX-1", 404, "clause: found 'XX-1'; allowed: MA-01, "),
        ("POST", "/api/stop?connection=other", 404, "connection: found 'other'; allowed: zendesk"),
        ("POST", "/api/stop?conection=zendesk", 400, "body: found something else; allowed: "),
        ("POST", "/api/resume?connection=other", 404, "connection: found 'other'; allowed: zendesk"),
        ("POST", "/api/enforce?connection=other", 400, "connection: found 'other'; allowed: none"),
        ("POST", "/api/preview/mark?ticket=1&right=yes", 400, "ticket: '1' is not a ticket reference"),
        ("POST", "/api/preview/mark?ticket=zendesk:1&right=perhaps", 400, "right: found 'perhaps'; allowed: yes, no"),
        ("POST", "/api/preview/mark?ticket=zendesk:1&right=yes", 400, "clause, action: found nothing; allowed: "),
        ("GET", "/api/nowhere", 404, "there is no such address"),
        ("DELETE", "/api/tickets", 405, "this address takes another method"),
    ],
)
def test_the_api_says_what_is_known(
    bridge: ReviewingInstallation, method: str, path: str, status: int, words: str
) -> None:
    bridge.helpdesks["zendesk"] = InMemoryHelpdesk(bridge.ticket())
    bridge.review(bridge.ticket())
    body = {"connection": "other"} if path == "/api/stop" else None
    answer = bridge.app().test_client().open(path, method=method, json=body)
    found: Any = answer.json
    assert (answer.status_code, answer.mimetype, set(found)) == (status, "application/json", {"error"})
    assert found["error"].startswith(words)
