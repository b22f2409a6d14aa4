"""An installation that watches a helpdesk in memory, with several tickets and a clock of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bridge.account import Account
from bridge.decision import Mode, Plan
from bridge.decision.records import action_name, action_value
from bridge.errors import Gone, Retry
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.forecasts import ForecastFilter
from bridge.ports.helpdesk import WriteResult
from bridge.ports.outcomes import ReviewCause, ReviewOutcome
from bridge.runtime.backlog import Backlog
from bridge.runtime.modes import Modes
from bridge.runtime.pinning import PolicyPinning
from bridge.runtime.previews import Previews
from bridge.runtime.reconcile import Reconciler
from bridge.runtime.scope import permissions
from bridge.runtime.ticket_clock import TicketClock
from bridge.store import SqlStore
from bridge.ticket import Ticket, TicketRef
from mappings.connection import Configuration

CONNECTION = "acme"
Done = tuple[str, str, str, str, datetime]
"""What was done: ticket, clause, action, value, instant."""


class SeveralTickets(InMemoryHelpdesk):
    """A helpdesk with some tickets; what is written to it is counted."""

    def __init__(self, tickets: Sequence[Ticket], account: Account) -> None:
        super().__init__(tickets[0], account)
        self.name = CONNECTION
        self.tickets = {each.ref: InMemoryHelpdesk(each, account) for each in tickets}
        self.known_fields = self.tickets[tickets[0].ref].known_fields
        self.writes = 0
        self.fetched = 0
        self.refuses_after = 10_000

    def fetch(self, ref: TicketRef, before: Ticket | None = None) -> Ticket:
        if self.fetched >= self.refuses_after:
            raise Retry("too many requests", after=30)
        self.fetched += 1
        if ref not in self.tickets:
            raise Gone(f"{ref} was deleted")
        return self.tickets[ref].fetch(ref, before)

    def apply(self, ticket: Ticket, plan: Plan, review: str = "") -> WriteResult:
        self.writes += 1
        self.tickets[ticket.ref].now = self.now
        return self.tickets[ticket.ref].apply(ticket, plan, review)

    def changed_since(self, cursor: str | None, now: datetime) -> tuple[Sequence[TicketRef], str]:
        return [], ""


@dataclass
class Watched:
    """An installation whose file is edited and that is restarted; time passes as told."""

    store: SqlStore
    helpdesk: SeveralTickets
    now: datetime
    pack: str = "maas360"
    mode: Mode = "shadow"
    more: dict[str, Any] = field(default_factory=dict)
    """More of the file."""
    settings: dict[str, Any] = field(default_factory=dict)
    """More of the connection in the file."""
    account: Account = field(default_factory=Account)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, mode: Mode | None = None) -> None:
        """Read the file again, and start."""
        self.mode = mode or self.mode
        self.helpdesk.mode = self.mode
        connection = {"vendor": "zendesk", "mode": self.mode, **self.settings}
        given = {"policy": self.pack, "connections": {CONNECTION: connection}, **self.more}
        self.configuration = Configuration.model_validate(given)
        connections = self.configuration.connections
        policy = load_policy(self.pack)
        self.modes = Modes(self.store, connections, [policy.pack])
        waiting = self.modes.unconfirmed()
        backlog = Backlog(self.store, connections, [policy.pack], self.now, unconfirmed=waiting)
        pinning = PolicyPinning([policy], self.store, self.now)
        made = Reconciler(self.store, {CONNECTION: self.helpdesk}, pinning, lambda _, known: known or self.account)
        made = replace(made, backlog=backlog, modes=self.modes, rollout=self.configuration.rollout)
        made = replace(made, limits=self.configuration.limits)
        self.reconciler = replace(made, writes_per_hour=10_000, clock=TicketClock(lambda: self.now))
        self.previews = Previews(
            self.store, self.configuration, self.reconciler.previewer, pinning, backlog, self.modes
        )
        self.store.note_permissions(permissions(self.configuration), self.now)

    def watch(self) -> None:
        """Deliveries tell of every ticket."""
        for ref in self.helpdesk.tickets:
            self.store.wake(ref, self.now, ReviewCause.DELIVERY)
        self.work_until(self.now)

    def work_until(self, until: datetime) -> list[Done]:
        """Let time pass and every ticket be reviewed when it is due; returns what was written."""
        done: list[Done] = []
        while self.now <= until:
            claims = self.store.claim(self.now, limit=50, lease_s=60)
            for claim in claims:
                self.helpdesk.now = self.now
                review = self.reconciler.review(claim, self.now)
                assert not review.outcome.is_transient, review.detail
                assert review.outcome is not ReviewOutcome.BREAKER, review.detail
                if review.outcome is ReviewOutcome.APPLIED and review.plan:
                    done += [
                        (claim.ref.id, each.cite.clause, action_name(each), str(action_value(each)), self.now)
                        for each in review.plan.permitted.actions
                    ]
            if not claims:
                self.now = self._next_due(until)
        self.now = until
        return done

    def _next_due(self, until: datetime) -> datetime:
        entries = [each for state in (True, False) for each in self.store.queue_entries(is_open=state, limit=10_000)]
        return min((each.due for each in entries if each.due), default=until + timedelta(seconds=1))

    def expected(self) -> list[Done]:
        """What a preview says will be written."""
        self.previews.run([CONNECTION], self.now, lambda _: None)
        return [
            (each.ref.id, each.action.cite.clause, action_name(each.action), str(action_value(each.action)), each.due)
            for each in self.store.forecast_actions(ForecastFilter([CONNECTION]))
            if each.is_expected
        ]
