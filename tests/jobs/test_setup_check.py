"""Something that the configuration names is deleted in the helpdesk: only what needs it stops, and it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bridge.account import Account
from bridge.decision import Plan, Set, SystemField
from bridge.errors import Unavailable
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.conditions import Condition
from bridge.ports.helpdesk import WriteResult
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.runtime import holds
from bridge.runtime.health import Health
from bridge.runtime.jobs import Jobs
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore
from bridge.ticket import Ticket, TicketRef

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
POLICY = load_policy("maas360")
REF = TicketRef(connection="simulated", id="1")
GONE = "tiers.1: there is no team 'Tier 1'; found: Elsewhere (9)"


class Incomplete(InMemoryHelpdesk):
    """A helpdesk in which a team is missing, or which does not answer when asked for it."""

    lacks: Sequence[str] = ()
    is_down = False

    def missing(self) -> list[str]:
        if self.is_down:
            raise Unavailable("it does not answer")
        return list(self.lacks)

    def apply(self, ticket: Ticket, plan: Plan, review: str = "") -> WriteResult:
        needs_it = [a.key for a in plan.actions if isinstance(a, Set) and a.target is SystemField.PRIORITY]
        refused = dict.fromkeys(needs_it, GONE) if self.lacks else {}
        result = super().apply(ticket, Plan(actions=tuple(a for a in plan.actions if a.key not in refused)), review)
        return WriteResult(result.confirmed, refused=refused, version=result.version)


def test_it_is_reported_the_rest_goes_on_and_it_comes_back_by_itself(
    sqlite_store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holds, "SETUP_CHECK_S", 0.0)
    facts = {"affected": "all", "impact": "catastrophic"}
    helpdesk = Incomplete(Ticket(ref=REF, created_at=NOW, type="incident", facts=facts))
    helpdesk.lacks = [GONE]
    now = NOW
    clock = TicketClock(lambda: now)
    pinning = PolicyPinning([POLICY], sqlite_store, NOW)
    reconciler = Reconciler(sqlite_store, {"simulated": helpdesk}, pinning, lambda *_: Account(), clock=clock)
    jobs = Jobs(sqlite_store, reconciler, clock)

    def setup() -> str:
        found = Health(sqlite_store, clock, ["simulated"]).assess()
        return next(each.problem for each in found if each.condition is Condition.SETUP)

    sqlite_store.wake(REF, now, ReviewCause.COMMAND)
    jobs.tick()
    [review] = sqlite_store.reviews(REF, limit=1)
    assert review.outcome is ReviewOutcome.APPLIED
    assert GONE in review.detail
    assert helpdesk.fetch(REF).tags >= {"policy_maas360"}
    assert helpdesk.fetch(REF).priority is None
    assert setup() == GONE
    since = sqlite_store.condition(Condition.SETUP, "simulated").failing_since

    now += timedelta(minutes=5)
    helpdesk.is_down = True
    jobs.tick()
    assert sqlite_store.condition(Condition.SETUP, "simulated").failing_since == since
    helpdesk.is_down = False
    jobs.tick()
    assert setup() == GONE

    helpdesk.lacks = []
    jobs.tick()
    jobs.tick()
    assert not setup()
    assert helpdesk.fetch(REF).priority == "urgent"
