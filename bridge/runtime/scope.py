"""Scope: whether a ticket is left alone now, and how far the bridge may go on it; asked at every review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from bridge.account import Account
from bridge.decision import Plan, WithheldCause
from bridge.decision.rollout import RolloutRule
from bridge.plan.rollout import Rollout
from bridge.ports.audit import audit_entry
from bridge.ports.exemptions import Exemption
from bridge.ports.store import Store
from bridge.runtime.modes import CurrentMode
from bridge.ticket import Ticket, TicketRef
from mappings.connection import Configuration


@dataclass(frozen=True)
class Scope:
    """What may be written to a ticket, by applies_when, by a person, by rollout rules and by the connection's mode."""

    rollout: Rollout
    out_of_scope: str
    """Why the pack that governs the ticket does not apply to it now; empty: it does."""
    exemption: Exemption | None

    @property
    def is_watched(self) -> bool:
        """Whether the ticket is only looked at, by its rollout rule or the mode of its connection."""
        return self.rollout.permits_nothing

    def withhold(self, plan: Plan) -> Plan:
        """A plan without permission for what may not be written."""
        if self.out_of_scope:
            return plan.withhold(WithheldCause.SCOPE, self.out_of_scope)
        if self.exemption:
            return plan.withhold(WithheldCause.OFF, str(self.exemption))
        return self.rollout.withhold(plan)

    def lines(self) -> tuple[str, ...]:
        """What decides about the ticket, for people."""
        if self.out_of_scope:
            return (self.out_of_scope,)
        return (str(self.exemption),) if self.exemption else tuple(self.rollout.lines())


def scope_of(
    store: Store,
    rules: Sequence[RolloutRule],
    ticket: Ticket,
    account: Account,
    current: CurrentMode,
    out_of_scope: str = "",
) -> Scope:
    """The scope of a ticket as it is now."""
    rollout = Rollout(rules, ticket, account, current.mode, current.unconfirmed)
    return Scope(rollout, out_of_scope, store.exemption(ticket.ref))


def take_out(store: Store, ref: TicketRef, who: str, because: str, now: datetime) -> bool:
    """Leave a ticket alone until it is let back in. False: it is out already."""
    entry = audit_entry("taken_out", f"{ref} taken out by {who}", because, now)
    return store.exempt(Exemption(ref, now, who, because), entry)


def let_back_in(store: Store, ref: TicketRef, who: str, now: datetime) -> bool:
    """Treat a ticket like any other again. False: it was not out."""
    return store.let_back(ref, audit_entry("let_back_in", f"{ref} let back in by {who}", "", now), now)


def permissions(configuration: Configuration) -> dict[str, str]:
    """A fingerprint of all by which a connection may write or not, for each connection."""
    scopes = {name: settings.get("applies_when") for name, settings in sorted(configuration.overrides.items())}
    shared = f"{configuration.rollout!r} {configuration.limits!r} {scopes!r}"
    return {
        name: sha256(f"{connection.mode} {shared}".encode()).hexdigest()
        for name, connection in configuration.connections.items()
    }
