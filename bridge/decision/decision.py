"""Decisions: a policy applied to a ticket at an instant, as plain data."""

from __future__ import annotations

from pydantic import ConfigDict
from pydantic import Field as ModelField

from bridge.decision.citation import Cited, NonEmpty
from bridge.decision.clocks import Clock
from bridge.decision.desired import DesiredValue, DueMessage
from bridge.decision.findings import Finding
from bridge.ticket import Facts, Instant, TicketRef


class RuleResult(Cited):
    """Whether one rule applied, and why or why not (``because``)."""

    rule: NonEmpty
    applied: bool


class Decision(Facts):
    """A policy applied to a ticket at an instant; it stays the same until ``wake_at``, if the ticket does."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    ref: TicketRef
    at: Instant
    pack: NonEmpty
    version: NonEmpty
    digest: str = ""
    """Digest of the pack's effective text, overrides included."""
    level: str | None = None
    """Severity as the pack names it, or None."""
    clocks: tuple[Clock, ...] = ()
    desired: tuple[DesiredValue, ...] = ModelField(default=(), validation_alias="wants", serialization_alias="wants")
    due_messages: tuple[DueMessage, ...] = ModelField(default=(), validation_alias="says", serialization_alias="says")
    findings: tuple[Finding, ...] = ()
    rules: tuple[RuleResult, ...] = ()
    wake_at: Instant | None = None
    """The next instant at which this may change by itself; None when only an event can change it."""

    @property
    def public_messages(self) -> list[DueMessage]:
        """What the customer is told, in the order in which it fell due."""
        public = (message for message in self.due_messages if message.is_public)
        return sorted(public, key=lambda message: message.due_at)
