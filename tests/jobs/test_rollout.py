"""Scope over whole reviews: a tag, a button or an edited file takes tickets out and lets them back, at any time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.account import Account
from bridge.decision import Mode, Tag
from bridge.decision.rollout import RolloutRule
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.outcomes import ReviewCause
from bridge.ports.reviews import Review
from bridge.runtime.backlog import Backlog
from bridge.runtime.jobs import Jobs
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.scope import let_back_in, permissions, take_out
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore
from bridge.ticket import Actor, Role, Ticket, TicketRef
from mappings.connection import Configuration

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
REF = TicketRef(connection="acme", id="1")
AGENT = Actor(role=Role.AGENT, id="pat@vendor.example")
OUT = "no_policy"


@dataclass
class Installed:
    """One ticket, critical, and an installation whose file is edited and that is restarted."""

    store: SqlStore
    mode: Mode = "enforce"
    rules: list[dict[str, Any]] = field(default_factory=list)
    overrides: dict[str, Any] = field(default_factory=dict)
    now: datetime = NOW

    def __post_init__(self) -> None:
        facts = {"affected": "all", "impact": "catastrophic"}
        self.helpdesk = InMemoryHelpdesk(Ticket(ref=REF, created_at=NOW, type="incident", facts=facts))
        self.restart()

    def restart(self) -> None:
        """Read the file again, and start."""
        self.helpdesk.mode = self.mode
        pinning = PolicyPinning([load_policy("maas360", self.overrides or None)], self.store, self.now)
        given = {"policy": "maas360", "rollout": self.rules, "overrides": {"maas360": self.overrides}}
        given |= {"connections": {"acme": {"vendor": "zendesk", "mode": self.mode}}}
        configuration = Configuration.model_validate(given)
        backlog = Backlog(self.store, configuration.connections, ["maas360"], self.now)
        reconciler = Reconciler(self.store, {"acme": self.helpdesk}, pinning, lambda *_: Account(), backlog=backlog)
        self.reconciler = replace(reconciler, rollout=[RolloutRule.model_validate(rule) for rule in self.rules])
        fingerprints = permissions(configuration)
        jobs = Jobs(self.store, self.reconciler, TicketClock(lambda: self.now), permissions=fingerprints)
        jobs.note_permissions()

    def tag(self, *tags: str) -> None:
        """An agent sets the tags that are not ours."""
        self.now += timedelta(minutes=1)
        self.helpdesk.now = self.now
        ours = {tag for tag in self.helpdesk.fetch(REF).tags if tag.startswith("policy_")}
        self.helpdesk.change("tags", ",".join(sorted(ours | set(tags))), AGENT)

    def review(self, why: ReviewCause = ReviewCause.COMMAND) -> Review:
        self.now += timedelta(minutes=1)
        self.store.wake(REF, self.now, why)
        (done,) = self.review_due()
        return done

    def review_due(self) -> list[Review]:
        self.helpdesk.now = self.now
        return [self.reconciler.review(each, self.now) for each in self.store.claim(self.now, limit=9, lease_s=60)]


@pytest.mark.parametrize("why", [ReviewCause.DELIVERY, ReviewCause.DUE, ReviewCause.SWEEP])
def test_a_tag_takes_a_ticket_out_and_lets_it_back_whatever_woke_it(store: SqlStore, why: ReviewCause) -> None:
    installed = Installed(store, rules=[{"tag": OUT, "mode": "off"}])
    installed.tag(OUT)
    out = installed.review(why)
    assert (out.outcome, out.detail.partition(": ")[0]) == ("withheld", f"rollout rule 1 (tag {OUT})")
    assert out.decision
    assert out.decision.clocks, "clocks go on"
    installed.tag()
    assert installed.review(why).outcome == "applied"
    installed.tag(OUT, "something")
    before = installed.helpdesk.fetch(REF)
    installed.now += timedelta(days=3)
    assert installed.review(why).outcome == "withheld"
    assert installed.helpdesk.fetch(REF) == before, "nothing is taken back either"


def test_applies_when_is_asked_at_every_review(store: SqlStore) -> None:
    installed = Installed(store, overrides={"applies_when": {"tags": {"none": [OUT]}}})
    assert installed.review().outcome == "applied"
    installed.tag(OUT)
    installed.now += timedelta(hours=5)
    out = installed.review()
    assert out.outcome == "withheld"
    assert out.detail.startswith("maas360 does not apply to the ticket now: tags ")
    assert {each.cause for each in store.withheld()} == {"scope"}
    installed.tag()
    assert installed.review().outcome == "applied"


def test_a_ticket_that_comes_into_scope_later_is_governed_then(store: SqlStore) -> None:
    installed = Installed(store, overrides={"applies_when": {"tags": ["pilot"]}})
    assert installed.review().outcome == "not_governed"
    installed.tag("pilot")
    assert installed.review().outcome == "applied"


def test_a_button_takes_a_ticket_out_and_lets_it_back(store: SqlStore) -> None:
    installed = Installed(store)
    assert take_out(store, REF, "pat", "a test", installed.now)
    assert not take_out(store, REF, "sam", "", installed.now)
    out = installed.review_due()[0]
    assert (out.outcome, out.why) == ("withheld", "permission")
    assert out.detail.startswith("taken out by pat on 2026-03-02 08:00 UTC: a test: ")
    installed.now += timedelta(minutes=1)
    assert let_back_in(store, REF, "sam", installed.now)
    assert not let_back_in(store, REF, "sam", installed.now)
    assert [review.outcome for review in installed.review_due()] == ["applied"]
    assert [entry.kind for entry in store.audit_entries()] == ["let_back_in", "taken_out"]


def test_leaving_shadow_acts_at_once_on_what_was_withheld(store: SqlStore) -> None:
    installed = Installed(store, mode="shadow")
    assert installed.review().outcome == "withheld"
    installed.restart()
    assert installed.review_due() == [], "nothing has changed"
    installed.mode = "enforce"
    installed.restart()
    (written,) = installed.review_due()
    assert (written.outcome, written.why) == ("applied", "permission")
    assert installed.helpdesk.fetch(REF).priority == "urgent"


def test_a_rule_that_is_added_takes_hold_without_an_event(store: SqlStore) -> None:
    installed = Installed(store, mode="shadow")
    installed.review()
    installed.rules = [{"account": "other", "mode": "enforce"}]
    installed.restart()
    assert [review.outcome for review in installed.review_due()] == ["withheld"]
    installed.rules = [{"pack": "maas360", "mode": "enforce"}]
    installed.restart()
    (written,) = installed.review_due()
    assert written.outcome == "applied"
    assert installed.helpdesk.fetch(REF).priority == "urgent"


@pytest.mark.parametrize(
    ("mode", "before", "after"),
    [
        ("shadow", [], [{"share": "100 %", "mode": "enforce"}]),
        ("enforce", [{"connection": "acme", "mode": "shadow"}], []),
        ("enforce", [{"connection": "acme", "mode": "off"}], [{"clause": "MA-99", "mode": "off"}]),
    ],
)
def test_a_ticket_that_rules_admit_later_counts_from_then(
    store: SqlStore, mode: Mode, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    installed = Installed(store, mode=mode, rules=before)
    for _ in range(9):
        installed.now += timedelta(days=1)
        watched = installed.review()
    assert watched.decision
    assert "policy_escalated_3" in {
        str(each.target.name) for each in watched.decision.desired if isinstance(each.target, Tag)
    }
    installed.rules = after
    installed.restart()
    (written,) = installed.review_due()
    assert written.plan
    assert written.outcome == "applied"
    assert not written.plan.messages, "nobody hears of what was due while the ticket was watched"
    ticket = installed.helpdesk.fetch(REF)
    assert (ticket.priority, ticket.tier) == ("urgent", None)
    assert not [tag for tag in ticket.tags if "escalated" in tag or "breached" in tag]
    installed.now += timedelta(hours=5)
    installed.review()
    assert "policy_escalated_1" in installed.helpdesk.fetch(REF).tags, "its ladder begins with the permission"
    installed.now += timedelta(minutes=1)
    installed.rules = [{"connection": "acme", "mode": "shadow"}]
    installed.restart()
    installed.review()
    installed.rules = after
    installed.restart()
    assert not installed.review().plan, "what was promised to it stays"
