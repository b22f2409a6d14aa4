"""Playing a scenario: evaluate -> plan -> apply as in production, on a virtual clock, against a helpdesk in memory.

At each instant: first the events of that second in the order of the file, then what the bridge does, again and again
until nothing is left to do; then the clock jumps to the next event or to the decision's ``wake_at``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain

from bridge.account import Account
from bridge.decision import Decision, Finding, Plan
from bridge.decision.records import action_name, action_value
from bridge.errors import BridgeError
from bridge.evaluate import evaluate as production_evaluate
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.plan import Ledger, LedgerEntry, plan, restrict
from bridge.policy.model import Policy
from bridge.scenarios.events import apply_event
from bridge.scenarios.outcome import FinalTicket, FindingRow, Outcome, Row, clock_row_of, row_of
from bridge.scenarios.resolve import ResolvedScenario
from bridge.ticket import Ticket

MAX_ROUNDS = 20
"""Plans at one instant before a scenario counts as one that never comes to rest."""

Evaluate = Callable[[Ticket, Account | None, Policy, datetime], Decision]


class SimulationError(BridgeError):
    """A scenario that cannot be played to its end because policy or engine is at problem."""


def simulate(
    scenario: ResolvedScenario, *, policy: Policy | None = None, evaluate: Evaluate = production_evaluate
) -> Outcome:
    """Play a scenario to its end. Raises ``SimulationError`` when the bridge repeats its actions without end.

    ``policy`` replaces the scenario's own, to try a change.
    """
    return _Simulation(scenario, policy or scenario.policy, evaluate).run()


class _Simulation:
    """One run of one scenario."""

    def __init__(self, scenario: ResolvedScenario, policy: Policy, evaluate: Evaluate) -> None:
        self.scenario, self.policy, self.evaluate = scenario, policy, evaluate
        self.helpdesk = InMemoryHelpdesk(scenario.ticket, scenario.account)
        self.ledger: list[LedgerEntry] = []
        self.rows: list[Row] = []
        self.findings: dict[tuple[str, str, str], FindingRow] = {}

    def run(self) -> Outcome:
        events = list(self.scenario.events)
        now, until = self.scenario.ticket.created_at, self.scenario.until
        while True:
            while events and events[0][0] <= now:
                self.helpdesk.now, event = events.pop(0)
                apply_event(self.scenario, event, self.helpdesk)
            decision = self._settle(now)
            wake_at = decision.wake_at if decision else self.scenario.in_force.since
            ahead = [at for at in (wake_at, events[0][0] if events else None) if at is not None and at > now]
            if not ahead or min(ahead) > until:
                break
            now = min(ahead)
        return self._outcome(decision if now == until else self._settle(until), until)

    def _settle(self, now: datetime) -> Decision | None:
        """Evaluate, plan and apply at one instant until nothing is left to do; None: the ticket is left alone."""
        self.helpdesk.now = now
        todo = Plan()
        for _ in range(MAX_ROUNDS):
            ticket = self.scenario.in_force.governed(self.helpdesk.fetch(self.scenario.ticket.ref), now)
            if ticket is None:
                return None
            decision = self.evaluate(ticket, self.helpdesk.account(ticket), self.policy, now)
            todo = restrict(
                plan(decision, ticket, Ledger(self.ledger, ticket)), ticket, fields=self.helpdesk.known_fields
            )
            self._record_findings(now, chain(decision.findings, todo.findings))
            if not todo:
                return self._check_wake(decision, now)
            receipt = self.helpdesk.apply(ticket, todo)
            done = [action for action in todo.actions if action.key in receipt.confirmed]
            self.ledger += [LedgerEntry(action=action, at=now, confirmed=True) for action in done]
            self.rows += [row_of(now, action) for action in done]
        last = ", ".join(
            f"{action_name(action)} {action_value(action)} ({action.cite.clause})" for action in todo.actions
        )
        raise SimulationError(
            f"{self._where(now)}: the bridge was still making changes after {MAX_ROUNDS} rounds; "
            f"the next ones would be: {last}; look for rules of {self.policy.pack} that undo each other"
        )

    def _check_wake(self, decision: Decision, now: datetime) -> Decision:
        if decision.wake_at is not None and decision.wake_at <= now:
            raise SimulationError(
                f"{self._where(now)}: the decision asks for its next review at "
                f"{decision.wake_at:%Y-%m-%dT%H:%M:%SZ}, which is not in the future; a rule of {self.policy.pack} "
                "yields a wake_at in the past"
            )
        return decision

    def _record_findings(self, now: datetime, findings: Iterable[Finding]) -> None:
        for found in findings:
            row = FindingRow(
                at=now, clause=found.cite.clause, code=found.code, severity=found.severity, because=found.because
            )
            self.findings.setdefault((row.clause, row.code, row.because), row)

    def _where(self, now: datetime) -> str:
        return f"{self.scenario.document.where()} scenario {self.scenario.name!r} at {now:%Y-%m-%dT%H:%M:%SZ}"

    def _outcome(self, decision: Decision | None, until: datetime) -> Outcome:
        ticket = self.helpdesk.fetch(self.scenario.ticket.ref)
        account = self.helpdesk.account(ticket) or Account()
        policy = self.policy.for_account(account)
        return Outcome(
            scenario=self.scenario.name,
            policy=decision.pack if decision else policy.pack,
            version=decision.version if decision else policy.version,
            timeline=tuple(sorted(self.rows, key=lambda row: (row.at, row.action, str(row.value)))),
            clocks=tuple(
                clock_row_of(clock, policy.elapsed(clock, account, until))
                for clock in (decision.clocks if decision else ())
            ),
            final=FinalTicket(
                priority=ticket.priority,
                status=ticket.status,
                tier=ticket.tier,
                tags=tuple(sorted(ticket.tags)),
                fields=ticket.fields,
                assignee=ticket.assignee,
                group=ticket.group,
            ),
            findings=tuple(self.findings.values()),
        )
