"""What a review would do: a ticket is fetched and evaluated, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.account import Account
from bridge.decision import Decision, KeptClocks, Plan
from bridge.decision.limits import Limits
from bridge.decision.rollout import RolloutRule
from bridge.errors import BridgeError, GiveUp, Gone, Retry
from bridge.evaluate import decide
from bridge.plan import Ledger, plan, restrict
from bridge.plan.urgency import urgency
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.ports.caps import CapRequest, earliest_of, withhold_excess
from bridge.ports.helpdesk import Helpdesk
from bridge.ports.store import Store
from bridge.ports.versions import Pin
from bridge.runtime.amendments import with_amendments
from bridge.runtime.approvals import with_approvals, with_approvals_of_merged
from bridge.runtime.backlog import Backlog
from bridge.runtime.modes import CurrentMode, Modes
from bridge.runtime.pinned_rules import PinnedRules
from bridge.runtime.retry import STALE_READ_RETRY_S
from bridge.runtime.scope import scope_of
from bridge.runtime.stops import Stops
from bridge.ticket import Ticket, TicketRef

FindRules = Callable[[Ticket, Account, datetime], PinnedRules | None]
"""The rules for a ticket at an instant; None: no configured pack applies."""
FindAccount = Callable[[Ticket, Account | None], Account]
"""The account of a ticket: what the admin configured, over what the helpdesk knows."""


class NotGoverned(BridgeError):
    """No configured policy applies to this ticket."""


@dataclass(frozen=True)
class Preview:
    """What was seen and decided; nothing of it has been written."""

    policy: Policy
    """The version that governs, with the terms of the contract."""
    context: Context
    """What the rules were evaluated against."""
    decision: Decision
    plan: Plan
    """What is left to do, as far as the connection has fields for it, and which of it is withheld."""
    request: CapRequest
    """What caps are asked before it is written."""
    proven: frozenset[str] = frozenset()
    """Keys of effects that were intended and that the audit trail shows, although no review has recorded them."""
    pin: Pin | None = None
    """How the ticket is to be pinned; None: unchanged."""
    until: datetime | None = None
    """When another version of the pack takes over."""
    capped_until: datetime | None = None
    """When a cap may allow what it withholds."""
    scope: tuple[str, ...] = ()
    """What decides how far the bridge may go on the ticket, for people."""

    @property
    def wake_at(self) -> datetime | None:
        """When to review the ticket again if nothing happens."""
        return min(filter(None, (self.decision.wake_at, self.until, self.capped_until)), default=None)

    @property
    def permitted(self) -> Plan:
        """What may be written now."""
        return self.plan.permitted

    @property
    def ticket(self) -> Ticket:
        """The ticket as it was seen, with the approvals that were given to the bridge."""
        return self.context.fetched

    @property
    def unadopted(self) -> Ticket:
        """The ticket as its helpdesk knows it, which knows nothing of adoptions."""
        return self.ticket.model_copy(update={"adopted_at": None})

    @property
    def account(self) -> Account:
        """The customer's account."""
        return self.context.account

    @property
    def kept(self) -> KeptClocks:
        """Clocks of other versions of the policy, as the decision found them."""
        return self.context.kept


@dataclass(frozen=True)
class Previewer:
    """Fetches tickets, finds their rules and decides."""

    store: Store
    helpdesks: Mapping[str, Helpdesk]
    rules: FindRules
    accounts: FindAccount
    limits: Limits = field(default_factory=Limits)
    backlog: Backlog | None = None
    """None: every pack is in force since before every ticket."""
    rollout: Sequence[RolloutRule] = ()
    modes: Modes | None = None
    """None: each connection may go as far as its mode says."""

    def preview_for_person(self, ref: TicketRef, now: datetime) -> Preview:
        """The same for somebody who waits for it: it is not bound by our share of the helpdesk's capacity."""
        with self.helpdesk(ref).for_person():
            return self.preview(ref, now)

    def preview(self, ref: TicketRef, now: datetime) -> Preview:
        """Fetch a ticket and decide. Raises :mod:`bridge.errors`."""
        helpdesk = self.helpdesk(ref)
        ticket = self._fetch(helpdesk, ref)
        now = max(now, ticket.created_at)  # by a clock that is a moment ahead of ours; before that it had no values
        account = self._account(helpdesk, ticket)
        rules = self.rules(ticket, account, now)
        if rules is None:
            raise NotGoverned(f"{ref}: no configured policy applies; see applies_when of the packs")
        entries = self.store.ledger(ref)
        current = self.modes.current(ref.connection) if self.modes else CurrentMode(helpdesk.mode)
        scope = scope_of(self.store, self.rollout, ticket, account, current, rules.out_of_scope)
        if self.backlog:
            watched_until = None if scope.is_watched else rules.watched_until
            ticket = self.backlog.governed(ticket, rules.policy, rules.began, entries, now, watched_until)
        policy, misfit = rules.policy.fitted(account)
        ticket = with_approvals_of_merged(ticket, self.store.approvals)
        ticket = with_approvals(ticket, self.store.approvals(ref), account, policy, now)
        ticket = rules.with_plan_changes(with_amendments(ticket, self.store.amendments(ref)))
        kept = rules.kept(ticket, account, now)
        context = Context(ticket, account, policy, now, kept)
        decision = decide(context, misfit)
        ledger = Ledger(entries, ticket)
        todo = scope.withhold(restrict(plan(decision, ticket, ledger), ticket, fields=helpdesk.known_fields))
        request = self._request(todo, ticket, decision, now)
        # only a write may stop the rest
        excesses = [each for each in self.store.excesses(ref, request) if each.stop is None]
        todo = withhold_excess(request.plan, excesses)
        pin = self._watched(ref, rules.pin, now) if scope.is_watched else rules.pin
        capped_until, lines = earliest_of(excesses), scope.lines()
        return Preview(policy, context, decision, todo, request, ledger.proven, pin, rules.until, capped_until, lines)

    def _request(self, todo: Plan, ticket: Ticket, decision: Decision, now: datetime) -> CapRequest:
        """What caps are asked: the plan as far as no stop withholds it."""
        todo = Stops(self.store).withhold(todo, ticket.ref.connection)
        return CapRequest(todo, self.limits, ticket.account, urgency(ticket, decision), now)

    def _watched(self, ref: TicketRef, pin: Pin | None, now: datetime) -> Pin | None:
        """The pin of a ticket to which nothing may be written now."""
        pin = pin or self.store.pin(ref)
        return pin and replace(pin, watched_until=now.replace(microsecond=0))

    def helpdesk(self, ref: TicketRef) -> Helpdesk:
        """The connection of a ticket. Raises ``GiveUp`` with the names there are."""
        if ref.connection not in self.helpdesks:
            known = ", ".join(sorted(self.helpdesks)) or "none"
            raise GiveUp(f"{ref}: no connection is called {ref.connection!r}; configured: {known}")
        return self.helpdesks[ref.connection]

    def _fetch(self, helpdesk: Helpdesk, ref: TicketRef) -> Ticket:
        ticket = helpdesk.fetch(ref, self.store.snapshot(ref))
        if ticket.version and ticket.version < self.store.last_version(ref):
            reason = f"{ref}: the helpdesk answered with an older state than it had shown before"
            raise Retry(reason, after=STALE_READ_RETRY_S)
        if ticket.ending:
            raise Gone(f"{ref}: {ticket.ending}")
        return ticket

    def _account(self, helpdesk: Helpdesk, ticket: Ticket) -> Account:
        account = self.accounts(ticket, helpdesk.account(ticket))
        if not ticket.account:
            return account
        others = tuple(self.store.other_open_tickets(ticket.ref, ticket.account))
        return account.model_copy(update={"open_tickets": others})
