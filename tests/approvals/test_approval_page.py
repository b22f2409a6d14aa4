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
def client(reviewed: ReviewedTicket) -> FlaskClient:
    return reviewed.browser()


def test_opening_the_page_never_decides(reviewed: ReviewedTicket, client: FlaskClient) -> None:
    for method in ("GET", "HEAD", "OPTIONS") * 5:
        assert client.open(reviewed.link(), method=method).status_code == 200
    page = client.get(reviewed.link()).get_data(as_text=True)
    assert "We have an estimate for Reports." in page
    assert "Please approve it here" not in page, "the sentence with the link is not for the page"
    assert CLIENT in page
    assert reviewed.store.approvals(reviewed.ticket.ref) == []
    reviewed.review()
    assert reviewed.is_waiting()


def test_an_approval_opens_the_gate(reviewed: ReviewedTicket, client: FlaskClient) -> None:
    before = reviewed.ticket.status
    reviewed.pass_time(hours=1)
    answer = client.post(reviewed.link(), data={"decision": "approve", "remarks": "Go ahead"})
    assert answer.status_code == 200
    assert "approved" in answer.get_data(as_text=True)
    [claim] = reviewed.store.claim(reviewed.now, limit=1, lease_s=60)
    assert claim.why == "approval", "the answer wakes the ticket"
    reviewed.store.give_back(claim, reviewed.now)
    review = reviewed.review()
    assert not reviewed.is_waiting()
    assert before == Status.WAITING_CUSTOMER != reviewed.ticket.status
    [entry] = approvals(review.ticket)
    assert (entry.gate, entry.granted, entry.remarks) == ("estimate", True, "Go ahead")
    assert (entry.actor.email, entry.at) == (CLIENT, reviewed.now)


def test_what_was_decided_with_an_answer_is_reproduced_byte_for_byte(
    reviewed: ReviewedTicket, client: FlaskClient
) -> None:
    client.post(reviewed.link(), data={"decision": "refuse", "remarks": "too much"})
    reviewed.review()
    decided = [review for review in reviewed.store.reviews(reviewed.ticket.ref) if review.decision]
    assert len(decided) > 2
    for review in decided:
        recorded, again = replay(reviewed.store, review.id)
        assert recorded.model_dump_json() == again.model_dump_json()


def test_a_link_is_used_once(reviewed: ReviewedTicket, client: FlaskClient) -> None:
    link = reviewed.link()
    client.post(link, data={"decision": "approve"})
    for decision in ("refuse", "approve"):
        again = client.post(link, data={"decision": decision})
        assert "This link was used" in again.get_data(as_text=True)
    assert [answer.granted for answer in reviewed.store.approvals(reviewed.ticket.ref)] == [True]
    assert "approved" in client.get(link).get_data(as_text=True)


def test_an_edit_after_the_approval_invalidates_it_and_the_old_link(
    reviewed: ReviewedTicket, client: FlaskClient
) -> None:
    first = reviewed.link()
    client.post(first, data={"decision": "approve"})
    reviewed.review()
    assert not reviewed.is_waiting()
    reviewed.pass_time(hours=1)
    reviewed.set_fact("estimate_hours", 40)
    reviewed.review()
    assert reviewed.is_waiting()
    assert reviewed.link() != first
    assert "This link was used" in client.get(first).get_data(as_text=True)
    client.post(reviewed.link(), data={"decision": "refuse", "remarks": "Too much"})
    reviewed.review()
    assert not reviewed.is_waiting()
    assert [entry.granted for entry in approvals(reviewed.store.snapshot(reviewed.ticket.ref))] == [True, False]


def test_an_answer_that_crosses_a_new_question_does_not_count_for_it(
    reviewed: ReviewedTicket, client: FlaskClient
) -> None:
    """The customer approves 12 hours in the moment in which an agent takes them back and enters 40."""
    old = reviewed.link()
    reviewed.pass_time(hours=1)
    reviewed.set_fact("estimate_hours", None)
    reviewed.pass_time(seconds=30)
    reviewed.set_fact("estimate_hours", 40)
    reviewed.pass_time(seconds=30)
    assert client.post(old, data={"decision": "approve"}).status_code == 200, "the bridge has not seen the edits yet"
    reviewed.review()
    assert reviewed.is_waiting()
    assert approvals(reviewed.store.snapshot(reviewed.ticket.ref)) == []
    assert "We have an estimate" in client.get(reviewed.link()).get_data(as_text=True)


def test_a_request_that_was_sent_again_cannot_be_answered_by_the_old_link(
    reviewed: ReviewedTicket, client: FlaskClient
) -> None:
    old = reviewed.link()
    reviewed.pass_time(hours=1)
    reviewed.set_fact("estimate_hours", None)
    reviewed.review()
    assert client.get(old).status_code == 410
    reviewed.pass_time(hours=1)
    reviewed.set_fact("estimate_hours", 40)
    reviewed.review()
    assert reviewed.is_waiting()
    assert client.get(old).status_code == 410
    assert client.post(old, data={"decision": "approve"}).status_code == 410
    assert reviewed.store.approvals(reviewed.ticket.ref) == []


def test_a_link_expires(reviewed: ReviewedTicket, client: FlaskClient) -> None:
    link = reviewed.link()
    reviewed.pass_time(days=14)
    assert client.get(link).status_code == 410
    assert client.post(link, data={"decision": "approve"}).status_code == 410
    assert reviewed.store.approvals(reviewed.ticket.ref) == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_other_sites_cannot_answer(reviewed: ReviewedTicket, client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post(reviewed.link(), data={"decision": "approve"}, headers=headers).status_code == 403
    assert reviewed.store.approvals(reviewed.ticket.ref) == []


@pytest.mark.parametrize("origin", [URL, "http://localhost"])
def test_our_own_page_can_answer_also_behind_a_proxy(
    reviewed: ReviewedTicket, client: FlaskClient, origin: str
) -> None:
    assert client.post(reviewed.link(), data={"decision": "refuse"}, headers={"Origin": origin}).status_code == 200
    assert [answer.granted for answer in reviewed.store.approvals(reviewed.ticket.ref)] == [False]


@pytest.mark.parametrize("form", [{}, {"decision": "perhaps"}, {"decision": "approve", "remarks": "x" * 4001}])
def test_an_unclear_answer_decides_nothing(reviewed: ReviewedTicket, client: FlaskClient, form: dict[str, str]) -> None:
    assert client.post(reviewed.link(), data=form).status_code == 400
    assert reviewed.store.approvals(reviewed.ticket.ref) == []


def test_the_page_gives_nothing_away(reviewed: ReviewedTicket, client: FlaskClient) -> None:
    answer = client.get(reviewed.link())
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "script" not in answer.get_data(as_text=True)
    for other in ("/approve/x", reviewed.link()[:-3] + "abc"):
        page = client.get(other)
        assert page.status_code == 404
        assert "Reports" not in page.get_data(as_text=True)


def test_an_installation_without_a_key_knows_no_link(reviewed: ReviewedTicket, sqlite_store: SqlStore) -> None:
    link = reviewed.link()
    reviewed.links = None
    assert reviewed.browser().get(link).status_code == 404
    reviewed.links = ApprovalLinks(URL, "another key, made after a theft")
    assert reviewed.browser().get(link).status_code == 404


def test_markup_in_a_ticket_is_shown_as_text(sqlite_store: SqlStore) -> None:
    reviewed = ReviewedTicket(sqlite_store, ApprovalLinks(URL, "a key that nobody else knows"))
    reviewed.helpdesk._store(subject="<script>alert(1)</script>")
    reviewed.set_fact("estimate_hours", 1)
    reviewed.review()
    page = reviewed.browser().get(reviewed.link()).get_data(as_text=True)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
