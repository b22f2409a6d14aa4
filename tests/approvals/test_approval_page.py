"""The page behind the link: looking never decides, answering does, once, in time, by whom it was sent to."""

import pytest
from flask.testing import FlaskClient

from bridge.runtime.approval_links import ApprovalLinks
from bridge.runtime.replay import replay
from bridge.store import SqlStore
from bridge.ticket import Approval, Status, Ticket

from .conftest import CLIENT, URL, ReviewedTicket


def approvals(ticket: Ticket | None) -> list[Approval]:
    assert ticket
    return [entry for entry in ticket.timeline if isinstance(entry, Approval)]


@pytest.fixture
def browser(world: ReviewedTicket) -> FlaskClient:
    return world.browser()


def test_looking_never_decides(world: ReviewedTicket, browser: FlaskClient) -> None:
    for method in ("GET", "HEAD", "OPTIONS") * 5:
        assert browser.open(world.link(), method=method).status_code == 200
    page = browser.get(world.link()).get_data(as_text=True)
    assert "We have an estimate for Reports." in page
    assert "Please approve it here" not in page, "the sentence with the link is not for the page"
    assert CLIENT in page
    assert world.store.approvals(world.ticket.ref) == []
    world.look()
    assert world.is_waiting()


def test_an_approval_opens_the_gate(world: ReviewedTicket, browser: FlaskClient) -> None:
    before = world.ticket.status
    world.passes(hours=1)
    answer = browser.post(world.link(), data={"decision": "approve", "remarks": "Go ahead"})
    assert answer.status_code == 200
    assert "approved" in answer.get_data(as_text=True)
    [claim] = world.store.claim(world.now, limit=1, lease_s=60)
    assert claim.why == "approval", "the answer wakes the ticket"
    world.store.give_back(claim, world.now)
    review = world.look()
    assert not world.is_waiting()
    assert before == Status.WAITING_CUSTOMER != world.ticket.status
    [entry] = approvals(review.ticket)
    assert (entry.gate, entry.granted, entry.remarks) == ("estimate", True, "Go ahead")
    assert (entry.actor.email, entry.at) == (CLIENT, world.now)


def test_what_was_decided_with_an_answer_is_reproduced_byte_for_byte(
    world: ReviewedTicket, browser: FlaskClient
) -> None:
    browser.post(world.link(), data={"decision": "refuse", "remarks": "too much"})
    world.look()
    decided = [review for review in world.store.reviews(world.ticket.ref) if review.decision]
    assert len(decided) > 2
    for review in decided:
        recorded, again = replay(world.store, review.id)
        assert recorded.model_dump_json() == again.model_dump_json()


def test_a_link_is_used_once(world: ReviewedTicket, browser: FlaskClient) -> None:
    link = world.link()
    browser.post(link, data={"decision": "approve"})
    for decision in ("refuse", "approve"):
        again = browser.post(link, data={"decision": decision})
        assert "This link was used" in again.get_data(as_text=True)
    assert [answer.granted for answer in world.store.approvals(world.ticket.ref)] == [True]
    assert "approved" in browser.get(link).get_data(as_text=True)


def test_an_edit_after_the_approval_invalidates_it_and_the_old_link(
    world: ReviewedTicket, browser: FlaskClient
) -> None:
    first = world.link()
    browser.post(first, data={"decision": "approve"})
    world.look()
    assert not world.is_waiting()
    world.passes(hours=1)
    world.sets("estimate_hours", 40)
    world.look()
    assert world.is_waiting()
    assert world.link() != first
    assert "This link was used" in browser.get(first).get_data(as_text=True)
    browser.post(world.link(), data={"decision": "refuse", "remarks": "Too much"})
    world.look()
    assert not world.is_waiting()
    assert [entry.granted for entry in approvals(world.store.snapshot(world.ticket.ref))] == [True, False]


def test_an_answer_that_crosses_a_new_question_does_not_count_for_it(
    world: ReviewedTicket, browser: FlaskClient
) -> None:
    """The customer approves 12 hours in the moment in which an agent takes them back and enters 40."""
    old = world.link()
    world.passes(hours=1)
    world.sets("estimate_hours", None)
    world.passes(seconds=30)
    world.sets("estimate_hours", 40)
    world.passes(seconds=30)
    assert browser.post(old, data={"decision": "approve"}).status_code == 200, "the bridge has not seen the edits yet"
    world.look()
    assert world.is_waiting()
    assert approvals(world.store.snapshot(world.ticket.ref)) == []
    assert "We have an estimate" in browser.get(world.link()).get_data(as_text=True)


def test_a_question_that_was_put_anew_cannot_be_answered_by_the_old_link(
    world: ReviewedTicket, browser: FlaskClient
) -> None:
    old = world.link()
    world.passes(hours=1)
    world.sets("estimate_hours", None)
    world.look()
    assert browser.get(old).status_code == 410
    world.passes(hours=1)
    world.sets("estimate_hours", 40)
    world.look()
    assert world.is_waiting()
    assert browser.get(old).status_code == 410
    assert browser.post(old, data={"decision": "approve"}).status_code == 410
    assert world.store.approvals(world.ticket.ref) == []


def test_a_link_expires(world: ReviewedTicket, browser: FlaskClient) -> None:
    link = world.link()
    world.passes(days=14)
    assert browser.get(link).status_code == 410
    assert browser.post(link, data={"decision": "approve"}).status_code == 410
    assert world.store.approvals(world.ticket.ref) == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_other_sites_cannot_answer(world: ReviewedTicket, browser: FlaskClient, headers: dict[str, str]) -> None:
    assert browser.post(world.link(), data={"decision": "approve"}, headers=headers).status_code == 403
    assert world.store.approvals(world.ticket.ref) == []


@pytest.mark.parametrize("origin", [URL, "http://localhost"])
def test_our_own_page_can_answer_also_behind_a_proxy(world: ReviewedTicket, browser: FlaskClient, origin: str) -> None:
    assert browser.post(world.link(), data={"decision": "refuse"}, headers={"Origin": origin}).status_code == 200
    assert [answer.granted for answer in world.store.approvals(world.ticket.ref)] == [False]


@pytest.mark.parametrize("form", [{}, {"decision": "perhaps"}, {"decision": "approve", "remarks": "x" * 4001}])
def test_an_unclear_answer_decides_nothing(world: ReviewedTicket, browser: FlaskClient, form: dict[str, str]) -> None:
    assert browser.post(world.link(), data=form).status_code == 400
    assert world.store.approvals(world.ticket.ref) == []


def test_the_page_gives_nothing_away(world: ReviewedTicket, browser: FlaskClient) -> None:
    answer = browser.get(world.link())
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "script" not in answer.get_data(as_text=True)
    for other in ("/approve/x", world.link()[:-3] + "abc"):
        page = browser.get(other)
        assert page.status_code == 404
        assert "Reports" not in page.get_data(as_text=True)


def test_an_installation_without_a_key_knows_no_link(world: ReviewedTicket, store: SqlStore) -> None:
    link = world.link()
    world.links = None
    assert world.browser().get(link).status_code == 404
    world.links = ApprovalLinks(URL, "another key, made after a theft")
    assert world.browser().get(link).status_code == 404


def test_markup_in_a_ticket_is_shown_as_text(store: SqlStore) -> None:
    world = ReviewedTicket(store, ApprovalLinks(URL, "a key that nobody else knows"))
    world.desk._store(subject="<script>alert(1)</script>")
    world.sets("estimate_hours", 1)
    world.look()
    page = world.browser().get(world.link()).get_data(as_text=True)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
