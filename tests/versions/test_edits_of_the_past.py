"""An edit of a policy, or of a contract, does nothing about the past of tickets that were there: random histories."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.account import Account, SupportPeriod
from bridge.decision import Action, ClockState, Decision, Say, Set, SystemField
from bridge.decision.records import action_name, action_value
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.runtime.contracts import contracts_over_time
from bridge.runtime.pinned_rules import PinnedRules, layered
from tests.policy.ticket_simulation import TicketSimulation, histories

POLICIES = [load_policy(name) for name in packs()]
some = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
each_pack = pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.pack)
ADDED = (
    "contact_list", "language", "support_period", "onboarding", "shifts", "intake", "reactions", "clocks", "escalation",
    "waiting", "workflows", "closure", "status_notice",
)  # fmt: skip
"""Sections of a pack whose rules can be added later."""
SECOND = timedelta(seconds=1)


@dataclass
class EditedSimulation(TicketSimulation):
    """A ticket whose bridge has pinned rules, which an edit changes."""

    rules: PinnedRules = field(init=False)

    def __post_init__(self) -> None:
        self.rules = PinnedRules(self.policy)

    @property
    def account(self) -> Account:
        """The account as it is now."""
        return self.helpdesk.account(self.ticket) or Account()

    def decide(self, now: datetime | None = None) -> Decision:
        return self.rules.evaluate(self.ticket, self.account, now or self.helpdesk.now)

    def edit(self, texts: list[tuple[datetime | None, Policy]], account: Account) -> None:
        """The policy, or the account, is another one from now on."""
        ticket, now = self.ticket, self.helpdesk.now
        known = contracts_over_time((), ticket, self.account, now)
        self.helpdesk._account = account
        self.rules = layered(texts, contracts_over_time(known, ticket, account, now), ticket, account)


def without(policy: Policy, sections: set[str]) -> Policy:
    """An earlier version of a pack, which lacks some of its sections."""
    return Policy.of({name: part for name, part in policy.source.items() if name not in sections} | {"version": "0"})


def joined(account: Account, policy: Policy) -> Account:
    """The account after it has bought everything, by a contract that has ended in the meantime."""
    hasty = dict.fromkeys(policy.severity.levels, "1m")
    return account.model_copy(
        update={
            "plan": "premium" if account.plan != "premium" else "standard",
            "contacts": frozenset({"boss@acme.example"}),
            "support": SupportPeriod(ends=datetime(2026, 1, 1).date()),
            "onboarding": "study",
            "agreed_languages": ("ja",),
            "overrides": {"clocks": [{"name": clock.name, "targets": hasty} for clock in policy.clocks]},
        }
    )


def of_the_past(action: Action) -> bool:
    """Whether an action reaches somebody, or moves the ticket on."""
    if isinstance(action, Say):
        return True
    moves = (SystemField.STATUS, SystemField.TIER, SystemField.GROUP, SystemField.ASSIGNEE)
    return isinstance(action, Set) and action.target in moves


def check(simulation: EditedSimulation, before: Decision) -> None:
    """What the bridge does at the edit, and that no clock is breached by it."""
    done = len(simulation.done)
    ours = {action.key for action in simulation.planned().actions}
    simulation.review()
    found = [action for _, action in simulation.done[done:] if of_the_past(action)]
    assert [(action_name(a), action_value(a), a.key) for a in found] == [], ours
    breached = {(clock.name, clock.started_at) for clock in before.clocks if clock.state is ClockState.BREACHED}
    now = {(c.name, c.started_at) for c in simulation.decide().clocks if c.state is ClockState.BREACHED}
    assert now <= breached


@each_pack
@some
@given(st.data(), st.sets(st.sampled_from(ADDED), min_size=1, max_size=4))
def test_rules_that_a_version_adds_begin_at_its_cutover(policy: Policy, data: st.DataObject, added: set[str]) -> None:
    simulation = EditedSimulation.fresh(without(policy, added))
    simulation.play_history(data.draw(histories(policy)))
    before, cutover = simulation.decide(), simulation.helpdesk.now
    simulation.edit([(None, simulation.policy), (cutover, policy)], simulation.account)
    check(simulation, before)


@each_pack
@some
@given(st.data())
def test_an_account_that_joins_makes_nothing_of_the_past_due(policy: Policy, data: st.DataObject) -> None:
    simulation = EditedSimulation.fresh(policy)
    simulation.play_history(data.draw(histories(policy)))
    before, now = simulation.decide(), simulation.helpdesk.now + SECOND
    simulation.helpdesk.now = now
    simulation.edit([(None, policy)], joined(simulation.account, policy))
    check(simulation, before)
