"""One ticket on a virtual clock: what happened to it, each at its time, and in between whatever the bridge does.

The bridge evaluates, plans and applies as in production, against a helpdesk in memory: at each instant first what
happened in that second, then what the bridge does, again and again until nothing is left to do; then the clock jumps to
the next happening or to the decision's ``wake_at``, so that no instant is passed over at which something could turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import Protocol

from bridge.account import Account
from bridge.decision import Action, Decision, Finding, Plan
from bridge.decision.kinds import ActionKind, action_kind
from bridge.decision.records import action_name, action_value
from bridge.errors import BridgeError
from bridge.evaluate import evaluate as production_evaluate
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.history.consequences import may_lead_to_more
from bridge.history.rows import FindingRow
from bridge.plan import Ledger, LedgerEntry, plan, restrict
from bridge.policy.evaluation.adoption import InForce
from bridge.policy.model import Policy
from bridge.ticket import Ticket

MAX_ROUNDS = 20
"""Plans at one instant before a ticket counts as one that never comes to rest."""

Evaluate = Callable[[Ticket, Account | None, Policy, datetime], Decision]
Happening = tuple[datetime, Callable[[InMemoryHelpdesk], object]]
"""When something happened, and how it changes the helpdesk."""


class SimulationError(BridgeError):
    """A ticket that cannot be played to its end because policy or engine is at fault."""


@dataclass(frozen=True)
class Governing:
    """The policy that governs a ticket at an instant."""

    policy: Policy
    writes: bool = True
    """False while its ``applies_when`` does not hold: it is evaluated, and nothing is written."""


class HelpdeskRules(Protocol):
    """What a helpdesk does by itself: after each update of the ticket, and when time has passed."""

    def after_update(self, helpdesk: InMemoryHelpdesk, before: Ticket | None) -> None:
        """Act on an update that has just been made; ``before``: None for the creation."""

    def as_time_passes(self, helpdesk: InMemoryHelpdesk) -> bool:
        """Act on the time that has passed; whether anything was changed."""

    def next_at(self, helpdesk: InMemoryHelpdesk) -> datetime | None:
        """When it may act next if nothing happens; None: never."""


class NoHelpdeskRules:
    """A helpdesk that does nothing by itself."""

    def after_update(self, helpdesk: InMemoryHelpdesk, before: Ticket | None) -> None:
        """Nothing follows."""

    def as_time_passes(self, helpdesk: InMemoryHelpdesk) -> bool:  # noqa: ARG002 (it never acts)
        """Nothing is changed."""
        return False

    def next_at(self, helpdesk: InMemoryHelpdesk) -> datetime | None:  # noqa: ARG002 (it never acts)
        """The next instant at which it acts: none."""
        return None


Rules = Callable[[Ticket, Account | None, datetime], Governing | None]
"""What governs a ticket at an instant; None: nothing does."""


@dataclass(frozen=True)
class Act:
    """Something the bridge did, and what that means to people."""

    at: datetime
    action: Action
    kind: ActionKind


@dataclass
class Playback:
    """One run of one ticket; afterwards it holds what the bridge did and found."""

    helpdesk: InMemoryHelpdesk
    ticket: Ticket
    """At its creation."""
    rules: Rules
    happenings: Iterable[Happening]
    """By time; those of one second in the order in which they happened."""
    in_force: InForce
    where: Callable[[datetime], str]
    """Names the ticket and an instant, for errors."""
    evaluate: Evaluate = production_evaluate
    helpdesk_rules: HelpdeskRules = field(default_factory=NoHelpdeskRules)
    acts: list[Act] = field(default_factory=list)
    findings: dict[tuple[str, str, str], FindingRow] = field(default_factory=dict)
    reviews: int = 0
    """How many times the bridge looked at the ticket."""
    updates: int = 0
    """How many combined updates it made."""
    _ledger: list[LedgerEntry] = field(default_factory=list)

    def run(self, until: datetime) -> Decision | None:
        """Play to the end, inclusive, and return the last decision; None: nothing governs the ticket then.

        Raises ``SimulationError`` when the bridge repeats its actions without end.
        """
        ahead = deque(self.happenings)
        now = self.ticket.created_at
        self.helpdesk_rules.after_update(self.helpdesk, None)
        while True:
            while ahead and ahead[0][0] <= now:
                self.helpdesk.now, happen = ahead.popleft()
                self._let_happen(happen)
            decision = self._settle(now)
            if self.helpdesk_rules.as_time_passes(self.helpdesk):
                decision = self._settle(now)
            wake_at = decision.wake_at if decision else self.in_force.since
            coming = (wake_at, ahead[0][0] if ahead else None, self.helpdesk_rules.next_at(self.helpdesk))
            turns = [at for at in coming if at is not None and at > now]
            if not turns or min(turns) > until:
                return decision if now == until else self._settle(until)
            now = min(turns)

    def _let_happen(self, happen: Callable[[InMemoryHelpdesk], object]) -> None:
        """Make one update, and let the helpdesk's own rules act on it."""
        before = self.helpdesk.fetch(self.ticket.ref)
        happen(self.helpdesk)
        if self.helpdesk.fetch(self.ticket.ref) is not before:
            self.helpdesk_rules.after_update(self.helpdesk, before)

    def _settle(self, now: datetime) -> Decision | None:
        """Evaluate, plan and apply at one instant until nothing is left to do; None: the ticket is left alone."""
        self.helpdesk.now = now
        todo = Plan()
        for _ in range(MAX_ROUNDS):
            ticket = self.in_force.governed(self.helpdesk.fetch(self.ticket.ref), now)
            account = self.helpdesk.account(ticket) if ticket else None
            governing = self.rules(ticket, account, now) if ticket else None
            if ticket is None or governing is None:
                return None
            self.reviews += 1
            decision = self.evaluate(ticket, account, governing.policy, now)
            todo = plan(decision, ticket, Ledger(self._ledger, ticket))
            todo = restrict(todo, ticket, fields=self.helpdesk.known_fields)
            self._record_findings(now, chain(decision.findings, todo.findings))
            if not (todo and governing.writes):
                return self._check_wake(decision, now)
            self._apply(ticket, todo, now)
            if not may_lead_to_more(todo.actions, governing.policy):
                return self._check_wake(decision, now)
        raise SimulationError(self._never_at_rest(todo, now))

    def _apply(self, ticket: Ticket, todo: Plan, now: datetime) -> None:
        before = self.helpdesk.fetch(self.ticket.ref)
        receipt = self.helpdesk.apply(ticket, todo)
        done = [action for action in todo.actions if action.key in receipt.confirmed]
        self._ledger += [LedgerEntry(action=action, at=now, confirmed=True) for action in done]
        self.acts += [Act(now, action, action_kind(action, ticket.status)) for action in done]
        self.updates += 1
        self.helpdesk_rules.after_update(self.helpdesk, before)

    def _never_at_rest(self, todo: Plan, now: datetime) -> str:
        last = ", ".join(
            f"{action_name(action)} {action_value(action)} ({action.cite.clause})" for action in todo.actions
        )
        pack = todo.actions[0].cite.pack
        return (
            f"{self.where(now)}: the bridge was still making changes after {MAX_ROUNDS} rounds; "
            f"the next ones would be: {last}; look for rules of {pack} that undo each other"
        )

    def _check_wake(self, decision: Decision, now: datetime) -> Decision:
        if decision.wake_at is not None and decision.wake_at <= now:
            raise SimulationError(
                f"{self.where(now)}: the decision asks for its next review at "
                f"{decision.wake_at:%Y-%m-%dT%H:%M:%SZ}, which is not in the future; a rule of {decision.pack} "
                "yields a wake_at in the past"
            )
        return decision

    def _record_findings(self, now: datetime, findings: Iterable[Finding]) -> None:
        for found in findings:
            row = FindingRow(
                at=now, clause=found.cite.clause, code=found.code, severity=found.severity, because=found.because
            )
            self.findings.setdefault((row.clause, row.code, row.because), row)
