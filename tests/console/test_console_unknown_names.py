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
