"""Amendments recorded in the bridge: what may be recorded, and their places in a ticket's timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from bridge.decision import ClockState
from bridge.errors import Conflict, InputError
from bridge.policy.evaluation.context import Context
from bridge.policy.rules.amendments import AmendmentRule
from bridge.policy.rules.clock import ClockRule
from bridge.ports.amendments import RecordedAmendment
from bridge.ticket import Actor, Amendment, AmendmentKind, Role, Ticket

MAX_REASON = 1000


@dataclass(frozen=True)
class AmendmentForm:
    """An amendment as somebody asks for it."""

    what: AmendmentKind
    by: str
    """E-mail address of who agrees to it."""
    reason: str
    recorded_by: str
    clock: str = ""
    until: datetime | None = None


def with_amendments(ticket: Ticket, recorded: list[RecordedAmendment]) -> Ticket:
    """The ticket with the recorded amendments in their places; within a second, what the vendor reports comes first."""
    if not recorded:
        return ticket
    entries = (*ticket.timeline, *map(_entry, recorded))
    return ticket.model_copy(update={"timeline": tuple(sorted(entries, key=lambda each: each.at))})


def recorded_amendment(form: AmendmentForm, context: Context) -> RecordedAmendment:
    """The amendment to record. Raises ``InputError`` if it would not count, ``Conflict`` if its clock has ended."""
    at = context.now.replace(microsecond=0)
    address, reason, clock = form.by.strip().lower(), form.reason.strip(), form.clock.strip()
    if len(reason) > MAX_REASON:
        raise InputError(f"reason: found {len(reason)} characters; allowed: up to {MAX_REASON}")
    until = form.until.astimezone(UTC) if form.until else None
    words = (str(context.ticket.ref), form.what, clock, str(until), address, reason)
    ident = sha256("\n".join(words).encode()).hexdigest()
    recorded = RecordedAmendment(
        ident, context.ticket.ref, form.what, clock, until, reason, address, form.recorded_by.strip(), at
    )
    rule = next(iter(context.rules(AmendmentRule)), None)
    if rule is None:
        raise InputError(f"{form.what}: this policy has no amendments; add the section `amendments` to the pack")
    if why := rule.objection(context, _entry(recorded)):
        raise InputError(f"{form.what}: {why}")
    if form.what != "promise":
        _check_clock(form.what, clock, until, context)
    return recorded


def _check_clock(what: AmendmentKind, name: str, until: datetime | None, context: Context) -> None:
    """Whether there is something to amend."""
    clocks = [clock for rule in context.rules(ClockRule) if rule.name == name for clock in rule.clocks(context)]
    last = clocks[-1] if clocks else None
    if last is None or last.state in (ClockState.MET, ClockState.CANCELLED) or last.met_at:
        raise Conflict(f"{context.ticket.ref}: {name} does not run on this ticket; there is nothing to {what}")
    if what == "extend" and last.is_owed:
        raise InputError(
            f"extend: found {name}, which was breached at {last.due_at:%Y-%m-%d %H:%M} UTC; allowed: waive"
        )
    if until and last.due_at and until <= last.due_at:
        found = f"{until:%Y-%m-%d %H:%M} UTC"
        raise InputError(f"until: found {found}; allowed: a time after {last.due_at:%Y-%m-%d %H:%M} UTC, the due time")


def _entry(recorded: RecordedAmendment) -> Amendment:
    return Amendment(
        at=recorded.at,
        actor=Actor(role=Role.AGENT, email=recorded.by),
        what=recorded.what,
        clock=recorded.clock,
        until=recorded.until,
        reason=recorded.reason,
    )
