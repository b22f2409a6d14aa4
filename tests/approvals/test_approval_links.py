"""Links: what they say, whom they reach, and what stands in a message that cannot carry one."""

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.policy.evaluation.template import fill
from bridge.runtime.approval_links import PATH, ApprovalLink, ApprovalLinks
from bridge.store import SqlStore
from bridge.ticket import TicketRef

from .conftest import BOSS, CLIENT, URL, ReviewedTicket

LINKS = ApprovalLinks(URL, "a key that nobody else knows")
texts = st.text(min_size=1, max_size=30)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
whole = moments.map(lambda at: at.replace(microsecond=0))
questions = st.builds(
    ApprovalLink,
    ref=st.builds(TicketRef, connection=texts, id=texts),
    gate=texts,
    opened=whole,
    addressee=texts,
    expires=whole,
)


@given(questions)
def test_a_link_says_what_was_put_into_it(link: ApprovalLink) -> None:
    token = LINKS.url(link).removeprefix(f"{URL}{PATH}")
    assert LINKS.read(token) == link
    assert LINKS.url(link) == LINKS.url(link), "a message that is sent again carries the same link"


@given(questions, st.data())
def test_a_link_that_was_changed_says_nothing(link: ApprovalLink, data: st.DataObject) -> None:
    token = LINKS.url(link).removeprefix(f"{URL}{PATH}")
    index = data.draw(st.integers(0, len(token) - 1))
    changed = (
        token[:index] + data.draw(st.sampled_from("aZ3-_.").filter(lambda c: c != token[index])) + token[index + 1 :]
    )
    assert LINKS.read(changed) is None or changed.rstrip("=") == token
    assert ApprovalLinks(URL, "another key of this length").read(token) is None


@given(questions, st.sampled_from(string.ascii_letters + string.digits + "-_"))
def test_another_last_letter_with_the_same_bits_is_no_link(link: ApprovalLink, letter: str) -> None:
    token = LINKS.url(link).removeprefix(f"{URL}{PATH}")
    assert LINKS.read(token[:-1] + letter) == (link if letter == token[-1] else None)


@pytest.mark.parametrize("token", ["", ".", "no link", "WyJhIl0.x", "a" * 10_000])
def test_what_is_no_link_is_refused(token: str) -> None:
    assert LINKS.read(token) is None


def test_the_question_carries_a_link_for_the_requester(reviewed: ReviewedTicket) -> None:
    [message] = reviewed.messages()
    assert "(approval link)" not in message
    link = reviewed.link_claims()
    assert (link.ref, link.gate, link.addressee) == (reviewed.ticket.ref, "estimate", CLIENT)
    assert link.opened == reviewed.now
    assert link.expires - link.opened == timedelta(days=14)


def test_without_an_address_the_sentence_is_left_out(sqlite_store: SqlStore) -> None:
    reviewed = ReviewedTicket(sqlite_store, None)
    reviewed.set_fact("estimate_hours", 3)
    reviewed.review()
    assert reviewed.messages() == ["We have an estimate for Reports.\n\nOr reply to us."]
    assert reviewed.is_waiting()


def test_no_link_speaks_for_somebody_whom_the_message_does_not_reach(sqlite_store: SqlStore) -> None:
    """A question to the management goes out on the ticket of somebody who may not answer it."""
    reviewed = ReviewedTicket(sqlite_store, LINKS)
    reviewed.set_fact("purchase", True)
    reviewed.review()
    assert reviewed.messages() == ["A purchase is needed."]


def test_a_manager_who_reports_a_ticket_gets_the_link(sqlite_store: SqlStore) -> None:
    reviewed = ReviewedTicket(sqlite_store, LINKS, requester=BOSS)
    reviewed.set_fact("purchase", True)
    reviewed.review()
    assert reviewed.link_claims().addressee == BOSS


def without_link(template: str) -> str:
    """A message whose approval link cannot be made."""
    return fill(template, {}).resolved(lambda _: None).text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Here: {approval_link}.", ""),
        ("Hello.\n\nApprove here: {approval_link}\n\nBye.", "Hello.\n\nBye."),
        ("Hello.\n\nApprove here: {approval_link}", "Hello."),
        ("Approve here: {approval_link}!\n\nBye.", "Bye."),
        ("One. Two {approval_link} two. Three.", "One. Three."),
        ("Two {approval_link} two. Three.", "Three."),
        ("One.\nTwo is\nwrapped: {approval_link}. Three.", "One. Three."),
        ("Is it? Say so: {confirmation_link}!", "Is it?"),
        ("Nothing of the kind.", "Nothing of the kind."),
    ],
)
def test_the_sentence_of_the_link_goes_and_the_others_stay(text: str, left: str) -> None:
    assert without_link(text) == left


@given(st.lists(st.from_regex(r"[A-Za-z ,]{1,20}[.!?]", fullmatch=True), max_size=5), st.integers(0, 5))
def test_every_other_sentence_survives(sentences: list[str], place: int) -> None:
    left = without_link(" ".join([*sentences[:place], "Click {approval_link} now.", *sentences[place:]]))
    assert "".join(left.split()) == "".join("".join(sentences).split())
