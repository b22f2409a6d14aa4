"""A ticket and what the bridge has done to it, at one instant of a scenario; each step makes another state.

A step is what :mod:`bridge.scenarios.simulate` does at one instant, so that scenarios that begin alike share it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.account import Account
from bridge.decision import Clock
from bridge.evaluate import evaluate
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.history.consequences import may_lead_to_more
from bridge.history.playback import MAX_ROUNDS
from bridge.history.rows import Row, row_of
from bridge.plan import Ledger, LedgerEntry, plan, restrict
from bridge.policy.model import Policy
from bridge.scenarios.events import apply_event
from bridge.scenarios.language import Event
from bridge.scenarios.resolve import ResolvedScenario
from bridge.ticket import Ticket, TicketRef


@dataclass(frozen=True)
class ScenarioState:
    """A scenario as far as one instant: the ticket, and what the bridge did so far."""

    at: datetime
    ticket: Ticket
    account: Account | None
    ledger: tuple[LedgerEntry, ...]
    rows: tuple[Row, ...]
    clocks: tuple[Clock, ...]
    """As decided last. A search keeps thousands of states, so the rest of the decision is not kept."""
    wake_at: datetime | None
    """When something may change by itself; None: never, or the bridge does not come to rest."""
    loops: bool = False
    """Whether the bridge did not come to rest at this instant."""


def begin(scenario: ResolvedScenario, policy: Policy) -> ScenarioState:
    """The ticket as created, after the bridge has seen it."""
    helpdesk = InMemoryHelpdesk(scenario.ticket, scenario.account)
    return _Instant(helpdesk, policy, scenario.ticket.ref).settle(scenario.ticket.created_at, (), ())


def happen(
    state: ScenarioState, policy: Policy, scenario: ResolvedScenario, at: datetime, events: Sequence[Event]
) -> ScenarioState:
    """The state after some events at an instant, which comes before whatever is due then."""
    helpdesk = InMemoryHelpdesk(state.ticket, state.account)
    helpdesk.now = at
    for event in events:
        apply_event(scenario, event, helpdesk)
    return _Instant(helpdesk, policy, state.ticket.ref).settle(at, state.ledger, state.rows)


def unfold(state: ScenarioState, policy: Policy, until: datetime, limit: int) -> Iterator[ScenarioState]:
    """The states that follow if nobody does anything, at most ``limit`` of them."""
    for _ in range(limit):
        wake = state.wake_at
        if wake is None or wake > until:
            return
        helpdesk = InMemoryHelpdesk(state.ticket, state.account)
        state = _Instant(helpdesk, policy, state.ticket.ref).settle(wake, state.ledger, state.rows)
        yield state


@dataclass(frozen=True)
class _Instant:
    """The helpdesk of a scenario and the policy that governs it."""

    helpdesk: InMemoryHelpdesk
    policy: Policy
    ref: TicketRef

    def settle(self, now: datetime, ledger: tuple[LedgerEntry, ...], rows: tuple[Row, ...]) -> ScenarioState:
        """Evaluate, plan and apply at one instant until nothing is left to do."""
        self.helpdesk.now = now
        for _ in range(MAX_ROUNDS):
            ticket = self.helpdesk.fetch(self.ref)
            account = self.helpdesk.account(ticket)
            decision = evaluate(ticket, account, self.policy, now)
            todo = plan(decision, ticket, Ledger(ledger, ticket))
            todo = restrict(todo, ticket, fields=self.helpdesk.known_fields)
            if todo:
                self.helpdesk.apply(ticket, todo)
                ledger += tuple(LedgerEntry(action=action, at=now, confirmed=True) for action in todo.actions)
                rows += tuple(row_of(now, action) for action in todo.actions)
            if not may_lead_to_more(todo.actions, self.policy):
                wake = decision.wake_at if decision.wake_at and decision.wake_at > now else None
                return ScenarioState(now, self.helpdesk.fetch(self.ref), account, ledger, rows, decision.clocks, wake)
        return ScenarioState(
            now, self.helpdesk.fetch(self.ref), account, ledger, rows, decision.clocks, wake_at=None, loops=True
        )
