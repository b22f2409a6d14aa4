"""A plan of which the helpdesk carried nothing out: when it is tried again."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.account import Account
from bridge.decision import Plan
from bridge.decision.records import action_name
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.helpdesk import WriteResult
from bridge.ports.reviews import Review
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.store import SqlStore
from bridge.ticket import Actor, Message, Person, Role, Ticket, TicketRef

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
REF = TicketRef(connection="simulated", id="1")
AGENT = Actor(role=Role.AGENT, email="agent@vendor.example")
POLICY = load_policy("maas360")


class Unwilling(InMemoryHelpdesk):
    """Refuses every write to a ticket without a contact; its own stamp moves on all the same."""

    writes = 0

    def apply(self, ticket: Ticket, plan: Plan, review: str = "") -> WriteResult:
        self.writes += 1
        if ticket.requester.email:
            return super().apply(ticket, plan, review)
        self._store()
        return WriteResult(frozenset(), refused={a.key: "the ticket has no contact" for a in plan.actions})

    def contact(self, email: str) -> None:
        self._store(requester=Person(email=email))


@pytest.fixture
def helpdesk() -> Unwilling:
    ticket = Ticket(ref=REF, created_at=NOW, type="incident", facts={"affected": "all", "impact": "catastrophic"})
    return Unwilling(ticket)


ReviewAfter = Callable[[timedelta], Review]


@pytest.fixture
def review_after(store: SqlStore, helpdesk: Unwilling) -> ReviewAfter:
    """One look at the ticket, so long after its creation."""
    bridge = Reconciler(store, {"simulated": helpdesk}, PolicyPinning([POLICY], store, NOW), lambda *_: Account())

    def review(after: timedelta) -> Review:
        helpdesk.now = NOW + after
        store.wake(REF, helpdesk.now, "delivery")
        (claim,) = store.claim(helpdesk.now, limit=1, lease_s=60)
        return bridge.review(claim, helpdesk.now)

    return review


MINUTE = timedelta(minutes=1)


def test_it_is_not_repeated_as_long_as_nobody_has_touched_the_ticket(
    review_after: ReviewAfter, helpdesk: Unwilling
) -> None:
    assert "no contact" in review_after(MINUTE).detail
    assert review_after(2 * MINUTE).outcome == "breaker", "the stamp of our own write is not a change"
    assert review_after(59 * MINUTE).outcome == "breaker"
    assert helpdesk.writes == 1
    assert review_after(62 * MINUTE).outcome == "applied"


def test_it_is_tried_again_once_what_stood_in_the_way_is_gone(review_after: ReviewAfter, helpdesk: Unwilling) -> None:
    review_after(MINUTE)
    assert review_after(2 * MINUTE).outcome == "breaker"
    helpdesk.contact("pat@customer.example")
    tried = review_after(3 * MINUTE)
    assert (tried.outcome, tried.detail) == ("applied", "")
    assert "policy_maas360" in helpdesk.fetch(REF).tags


def test_another_field_is_a_reason_to_try_again_and_a_note_or_a_tag_is_none(
    review_after: ReviewAfter, helpdesk: Unwilling
) -> None:
    review_after(MINUTE)
    helpdesk.record(Message(at=helpdesk.now, actor=AGENT, public=False, text="looked into it"))
    helpdesk.change("tags", "vip", AGENT)
    assert review_after(2 * MINUTE).outcome == "breaker"
    helpdesk.change("status", "in_progress", AGENT)
    assert review_after(3 * MINUTE).outcome == "applied"
    assert review_after(4 * MINUTE).outcome == "breaker"


def test_the_breaker_gives_the_reason_of_the_helpdesk(review_after: ReviewAfter) -> None:
    review_after(timedelta())
    halted = review_after(timedelta(minutes=1))
    assert halted.outcome == "breaker"
    assert "the ticket has no contact" in halted.detail


def test_in_comment_only_mode_the_record_tells_what_was_written_and_that_more_is_planned(
    review_after: ReviewAfter, helpdesk: Unwilling
) -> None:
    helpdesk.mode = "comment_only"
    helpdesk.contact("pat@acme.example")
    done = review_after(timedelta())
    assert done.plan
    assert {action_name(action) for action in done.plan.permitted.actions} == {"internal_note"}
    assert re.search(r"mode comment_only: \d+ planned actions? (was|were) not written", done.detail)


class Stubborn(InMemoryHelpdesk):
    """Has a trigger that lowers every priority the bridge sets."""

    def apply(self, ticket: Ticket, plan: Plan, review: str = "") -> WriteResult:
        written = super().apply(ticket, plan, review)
        self.change("priority", "low", Actor(role=Role.SYSTEM))
        return written


def test_an_enforced_value_that_a_trigger_changes_back_ends_in_the_breaker(store: SqlStore) -> None:
    ticket = Ticket(ref=REF, created_at=NOW, type="incident", facts={"affected": "all", "impact": "catastrophic"})
    helpdesk, policy = Stubborn(ticket), load_policy("maas360", {"severity": {"if_overridden": "enforce"}})
    bridge = Reconciler(store, {"simulated": helpdesk}, PolicyPinning([policy], store, NOW), lambda *_: Account())
    outcomes = []
    for minute in range(40):
        helpdesk.now = NOW + timedelta(minutes=minute)
        store.wake(REF, helpdesk.now, "delivery")
        (claim,) = store.claim(helpdesk.now, limit=1, lease_s=60)
        outcomes.append(bridge.review(claim, helpdesk.now).outcome)
    assert outcomes.count("applied") == bridge.writes_per_hour
    assert set(outcomes[bridge.writes_per_hour :]) == {"breaker"}
