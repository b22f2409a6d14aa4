"""Who counts, whatever way an answer took: link, phone, held change of severity, confirmation of the resolution."""

from typing import Any

import pytest

from bridge.policy.load import load_policy
from bridge.ports.approvals import RecordedApproval
from bridge.runtime.approval_links import ApprovalLinks
from bridge.store import SqlStore
from bridge.ticket import Actor, Role, Status

from .conftest import AGENT, BOSS, CLIENT, GATES, REF, URL, ReviewedTicket

LINKS = ApprovalLinks(URL, "a key that nobody else knows")
HELD: dict[str, Any] = {
    **GATES,
    "facts": {**GATES["facts"], "wish": {"type": "choice", "values": ["critical", "high", "medium", "low"]}},
    "severity": {
        "chosen_in": {
            "fact": "wish",
            "change_approval": {"clause": "MA-09", "gate": "severity_change", "request_message": "held"},
        }
    },
    "templates": {**GATES["templates"], "held": "We propose {proposed}. Agree here: {approval_link}."},
}


def phone_approval(
    reviewed: ReviewedTicket, by: str, gate: str = "purchase", *, granted: bool = True
) -> RecordedApproval:
    return RecordedApproval(
        "r1", REF, gate, granted, by, reviewed.now, "Pat Example", "as discussed", recorded_by="agent"
    )


@pytest.fixture
def purchase(sqlite_store: SqlStore) -> ReviewedTicket:
    """A purchase that the management has to approve."""
    reviewed = ReviewedTicket(sqlite_store, LINKS)
    reviewed.set_fact("purchase", True)
    reviewed.review()
    assert reviewed.is_waiting("purchase")
    return reviewed


def test_the_management_may_approve_a_purchase_on_the_phone(purchase: ReviewedTicket) -> None:
    purchase.pass_time(minutes=5)
    assert purchase.store.record_approval(phone_approval(purchase, BOSS))
    purchase.review()
    assert not purchase.is_waiting("purchase")
    [kept] = purchase.store.approvals(REF)
    assert (kept.name, kept.recorded_by, kept.remarks) == ("Pat Example", "agent", "as discussed")


def test_somebody_else_does_not_count_and_is_in_the_audit(purchase: ReviewedTicket) -> None:
    purchase.pass_time(minutes=5)
    purchase.store.record_approval(phone_approval(purchase, CLIENT))
    review = purchase.review()
    assert purchase.is_waiting("purchase")
    assert review.decision
    [found] = [finding for finding in review.decision.findings if finding.code == "wrong_approver"]
    assert CLIENT in found.because


def test_an_answer_is_recorded_once(purchase: ReviewedTicket) -> None:
    assert purchase.store.record_approval(phone_approval(purchase, BOSS))
    assert not purchase.store.record_approval(phone_approval(purchase, BOSS, granted=False))
    assert [answer.granted for answer in purchase.store.approvals(REF)] == [True]


def test_an_approval_keeps_its_place_in_the_timeline(purchase: ReviewedTicket) -> None:
    """What happened at the helpdesk later is later, whenever the bridge hears of it."""
    purchase.pass_time(minutes=5)
    purchase.store.record_approval(phone_approval(purchase, BOSS))
    purchase.pass_time(minutes=5)
    purchase.set_fact("estimate_hours", 3)
    review = purchase.review()
    assert review.ticket
    kinds = [entry.kind for entry in review.ticket.timeline if entry.actor.role is not Role.BRIDGE]
    assert kinds == ["changed", "approval", "changed"]
    assert list(review.ticket.timeline) == sorted(review.ticket.timeline, key=lambda entry: entry.at)


@pytest.fixture
def proposed(sqlite_store: SqlStore) -> ReviewedTicket:
    """The customer chose low, an agent wants it to be high."""
    reviewed = ReviewedTicket(sqlite_store, LINKS, policy=load_policy("maas360", HELD))
    reviewed.helpdesk.change("fact:wish", "low", Actor(role=Role.CUSTOMER, email=CLIENT))
    reviewed.review()
    reviewed.pass_time(minutes=10)
    reviewed.set_fact("wish", "high")
    reviewed.review()
    assert reviewed.is_waiting("severity_change")
    return reviewed


@pytest.mark.parametrize(("decision", "level"), [("approve", "high"), ("refuse", "low")])
def test_a_held_change_of_severity_is_agreed_to_or_refused_by_link(
    proposed: ReviewedTicket, decision: str, level: str
) -> None:
    assert proposed.ticket.facts["wish"] == "low", "put back until the customer agrees"
    proposed.pass_time(minutes=1)
    page = proposed.browser().get(proposed.link()).get_data(as_text=True)
    assert "We propose high." in page
    proposed.browser().post(proposed.link(), data={"decision": decision})
    proposed.review()
    assert not proposed.is_waiting("severity_change")
    assert proposed.ticket.facts["wish"] == level


def test_another_proposal_needs_another_answer(proposed: ReviewedTicket) -> None:
    old = proposed.link()
    proposed.pass_time(minutes=10)
    proposed.set_fact("wish", "critical")
    proposed.pass_time(minutes=1)
    proposed.browser().post(old, data={"decision": "approve"})
    proposed.review()
    assert proposed.is_waiting("severity_change")
    assert proposed.browser().get(old).status_code == 200
    assert "We propose critical." in proposed.browser().get(proposed.link()).get_data(as_text=True)


@pytest.fixture
def solution(sqlite_store: SqlStore) -> ReviewedTicket:
    """A message that asks whether the case is resolved: the redirection, which anybody not on the list gets."""
    reviewed = ReviewedTicket(sqlite_store, LINKS)
    reviewed.account = reviewed.account.model_copy(update={"contacts": frozenset({BOSS})})
    reviewed.helpdesk._account = reviewed.account
    reviewed.review()
    return reviewed


def test_the_resolution_is_confirmed_by_link(solution: ReviewedTicket) -> None:
    browser, link = solution.browser(), solution.link()
    assert "Is this ticket resolved?" in browser.get(link).get_data(as_text=True)
    assert browser.post(link, data={"decision": "refuse"}).status_code == 400, "who says no replies to the message"
    solution.pass_time(minutes=5)
    assert browser.post(link, data={"decision": "approve"}).status_code == 200
    solution.review()
    assert solution.ticket.status is Status.SOLVED


def test_a_confirmation_is_void_once_the_ticket_has_moved_on(solution: ReviewedTicket) -> None:
    link = solution.link()
    solution.pass_time(minutes=5)
    solution.helpdesk.now = solution.now
    solution.helpdesk.change("status", Status.IN_PROGRESS, AGENT)
    solution.pass_time(minutes=5)
    assert solution.browser().post(link, data={"decision": "approve"}).status_code == 200, "not seen yet"
    solution.review()
    assert solution.ticket.status is Status.IN_PROGRESS
    assert "This link was used" in solution.browser().get(link).get_data(as_text=True)
