"""Tickets that are left alone are said to be, and are not counted as open; the login page says nothing."""

from __future__ import annotations

from bridge.decision import WithheldCause
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.ports.reviews import Review
from bridge.ticket import TicketRef

from .conftest import TOKEN, ReviewingInstallation


def leave_alone(bridge: ReviewingInstallation, ident: str) -> None:
    ref = TicketRef(connection="zendesk", id=ident)
    bridge.store.wake(ref, bridge.now, ReviewCause.DELIVERY)
    (claim,) = bridge.store.claim(bridge.now, limit=1, lease_s=60)
    review = Review(f"{ident:0>32}", ref, bridge.now, claim.why, ReviewOutcome.LEFT_ALONE, "created before the policy")
    assert bridge.store.finish(claim, review, confirmed=(), due=None)


def test_a_ticket_older_than_the_policy_is_left_alone_and_not_open(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket("1"))
    leave_alone(bridge, "77")
    page = bridge.app().test_client().get("/").text
    assert "<dt>Open tickets</dt><dd>1</dd>" in page
    assert "<dt>Left alone</dt><dd>1</dd>" in page
    assert page.count('<span class="about">left alone</span>') == 1
    ticket = bridge.app().test_client().get("/tickets/zendesk/77").text
    assert "Older than the policy, left alone: created before the policy" in ticket
    answer = bridge.app().test_client().get("/api/tickets/zendesk/77").json
    assert answer == {
        "error": "Ticket zendesk:77 has no decision: older than the policy, left alone: created before the policy"
    }


def test_a_ticket_that_is_switched_off_is_left_alone_and_not_open(bridge: ReviewingInstallation) -> None:
    bridge.review(bridge.ticket("1"))
    bridge.review(bridge.ticket("2"), outcome=ReviewOutcome.WITHHELD, withheld=WithheldCause.OFF)
    page = bridge.app().test_client().get("/").text
    assert "<dt>Open tickets</dt><dd>1</dd>" in page
    assert "<dt>Left alone</dt><dd>1</dd>" in page


def test_the_login_page_shows_nothing_of_the_installation(locked: ReviewingInstallation) -> None:
    locked.review(locked.ticket("1"))
    client = locked.app().test_client()
    for page in (client.get("/login").text, client.post("/login", data={"token": "wrong token, sorry"}).text):
        assert "Console token" in page
        for word in (locked.policy.title, "Reports", "Audit log", "all times UTC", "zendesk", "2026", TOKEN):
            assert word not in page


def test_a_review_is_named_by_its_whole_id(bridge: ReviewingInstallation) -> None:
    review = bridge.review(bridge.ticket("1"))
    assert f">{review.id}</small>" in bridge.app().test_client().get("/tickets/zendesk/1").text
