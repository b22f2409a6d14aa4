"""A policy that asks for a proof of the address: who has the link alone has not approved."""

from __future__ import annotations

import copy

import pytest

from bridge.account import Account
from bridge.errors import InputError
from bridge.policy.evaluation.context import Context
from bridge.policy.load import load_policy
from bridge.ports.reviews import Review
from bridge.runtime.approval_links import ApprovalLinks
from bridge.runtime.approvals import reply_code
from bridge.runtime.phone_approvals import PhoneApproval, recorded_approval
from bridge.runtime.replay import replay
from bridge.store import SqlStore
from bridge.ticket import Actor, Approval, Confirmation, Message, Role

from .conftest import BOSS, CLIENT, GATES, URL, ReviewedTicket

OTHER = "colleague.in.cc@acme.example"


@pytest.fixture
def proving(sqlite_store: SqlStore) -> ReviewedTicket:
    """The customer was asked for an approval that counts with a proof of the address only."""
    settings = copy.deepcopy(GATES)
    settings["gates"][0]["proof_of_address"] = True
    policy = load_policy("maas360", settings)
    ticket = ReviewedTicket(sqlite_store, ApprovalLinks(URL, "a key that nobody else knows"), policy=policy)
    ticket.review()
    ticket.pass_time(minutes=10)
    ticket.set_fact("estimate_hours", 12)
    ticket.review()
    return ticket


def write(ticket: ReviewedTicket, text: str, by: str = CLIENT, *, auto_reply: bool = False) -> Review:
    """Somebody of the customer's writes; what the review makes of it a minute later."""
    ticket.pass_time(minutes=5)
    ticket.helpdesk.now = ticket.now
    actor = Actor(role=Role.CUSTOMER, email=by)
    ticket.helpdesk.record(Message(at=ticket.now, actor=actor, public=True, text=text, auto_reply=auto_reply))
    ticket.pass_time(minutes=1)
    return ticket.review()


def click(ticket: ReviewedTicket, decision: str = "approve") -> str:
    """Use the link, whoever has it; the code that the page shows."""
    ticket.pass_time(minutes=5)
    page = ticket.browser().post(ticket.link(), data={"decision": decision}).get_data(as_text=True)
    [approval] = ticket.store.approvals(ticket.ticket.ref)
    code = reply_code(approval.id)
    assert code in page
    assert "One more step" in page
    return code


def findings(review: Review) -> list[str]:
    return [finding.code for finding in review.decision.findings] if review.decision else []


def test_the_page_says_beforehand_that_a_reply_is_needed(proving: ReviewedTicket) -> None:
    assert f"confirm it by a reply from {CLIENT}" in proving.browser().get(proving.link()).get_data(as_text=True)


def test_the_link_alone_opens_nothing_and_the_ticket_says_so(proving: ReviewedTicket) -> None:
    click(proving)
    review = proving.review()
    assert proving.is_waiting()
    assert "unproven_approval" in findings(review)


@pytest.mark.parametrize("decision", ["approve", "refuse"])
def test_a_reply_from_the_address_with_the_code_counts(proving: ReviewedTicket, decision: str) -> None:
    code = click(proving, decision)
    review = write(proving, f"Yes, that was me.\n\n> {code.lower()}\n")
    assert not proving.is_waiting()
    assert "unproven_approval" not in findings(review)
    assert review.ticket
    given = [entry for entry in review.ticket.timeline if isinstance(entry, Approval)]
    assert [(entry.proof, entry.granted) for entry in given] == [
        ("link", decision == "approve"),
        ("reply", decision == "approve"),
    ]
    recorded, again = replay(proving.store, review.id)
    assert recorded.model_dump_json() == again.model_dump_json()


def test_the_decision_names_the_proof(proving: ReviewedTicket) -> None:
    review = write(proving, click(proving))
    assert review.decision
    assert "confirmed by a reply from the address" in review.decision.model_dump_json()


@pytest.mark.parametrize(
    ("by", "text", "auto_reply"),
    [
        (OTHER, "{code}", False),
        (CLIENT, "Yes, go ahead", False),
        (CLIENT, "{code}", True),
        (CLIENT, "AAAA-BBBB", False),
    ],
    ids=["somebody in CC", "without the code", "an auto-reply", "another code"],
)
def test_nothing_else_counts(proving: ReviewedTicket, by: str, text: str, auto_reply: bool) -> None:
    code = click(proving)
    write(proving, text.format(code=code), by, auto_reply=auto_reply)
    assert proving.is_waiting()


def test_the_code_of_another_request_does_not_count(proving: ReviewedTicket) -> None:
    code = click(proving)
    proving.pass_time(minutes=5)
    proving.set_fact("estimate_hours", 40)
    proving.review()
    write(proving, code)
    assert proving.is_waiting(), "40 hours were never agreed to"


def test_a_reply_from_before_the_click_proves_nothing(proving: ReviewedTicket) -> None:
    link, code = proving.link(), reply_code(proving.link_claims().id)
    write(proving, code)
    proving.pass_time(minutes=5)
    assert code in proving.browser().post(link, data={"decision": "approve"}).get_data(as_text=True)
    proving.review()
    assert proving.is_waiting()


def test_a_call_does_not_prove_the_address(proving: ReviewedTicket) -> None:
    review = proving.review()
    assert review.ticket
    assert review.account
    context = Context(review.ticket, review.account, proving.policy, proving.now)
    call = PhoneApproval("estimate", True, CLIENT, "Pat Example", "agent@vendor.example")
    with pytest.raises(InputError, match="needs a proof of the address"):
        recorded_approval(call, context)


def test_a_mark_in_the_helpdesk_counts_because_the_person_is_logged_in(proving: ReviewedTicket) -> None:
    proving.pass_time(minutes=5)
    proving.helpdesk.now = proving.now
    actor = Actor(role=Role.CUSTOMER, email=CLIENT)
    proving.helpdesk.record(Approval(at=proving.now, actor=actor, gate="estimate", granted=True))
    proving.review()
    assert not proving.is_waiting()


def test_without_the_key_the_link_counts_as_before_and_the_record_says_so(reviewed: ReviewedTicket) -> None:
    reviewed.pass_time(minutes=5)
    reviewed.browser().post(reviewed.link(), data={"decision": "approve"})
    review = reviewed.review()
    assert not reviewed.is_waiting()
    assert review.decision
    assert "approved since" in review.decision.model_dump_json()
    assert ", through the link" in review.decision.model_dump_json()


@pytest.mark.parametrize("asks", [True, False])
def test_a_confirmation_of_the_resolution_can_need_the_proof_as_well(sqlite_store: SqlStore, *, asks: bool) -> None:
    settings = copy.deepcopy(GATES) | {"closure": {"proof_of_address": asks}}
    account = Account(name="Acme", management=frozenset({BOSS}), contacts=frozenset({"desk@acme.example"}))
    links = ApprovalLinks(URL, "a key that nobody else knows")
    ticket = ReviewedTicket(sqlite_store, links, policy=load_policy("maas360", settings), account=account)
    ticket.review()
    ticket.pass_time(minutes=5)
    page = ticket.browser().post(ticket.link(), data={"decision": "approve"}).get_data(as_text=True)
    [approval] = ticket.store.approvals(ticket.ticket.ref)
    code = reply_code(approval.id)
    ticket.pass_time(minutes=1)
    review = ticket.review()
    confirmed = [entry for entry in review.ticket.timeline if isinstance(entry, Confirmation)] if review.ticket else []
    if not asks:
        assert [entry.proof for entry in confirmed] == ["link"]
        assert ticket.ticket.status == "solved"
        assert code not in page
        return
    assert code in page
    assert confirmed == []
    assert ticket.ticket.status != "solved"
    write(ticket, code, by="somebody.in.cc@acme.example")
    assert ticket.ticket.status != "solved"
    review = write(ticket, f"That was me: {code}")
    assert ticket.ticket.status == "solved"
    assert review.ticket
    assert [entry.proof for entry in review.ticket.timeline if isinstance(entry, Confirmation)] == ["reply"]
