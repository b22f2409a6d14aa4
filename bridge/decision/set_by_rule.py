"""A value that one of the helpdesk's own rules has set: named as that rule's, and not as agreement or a person's."""

from __future__ import annotations

from bridge.decision.desired import DesiredValue
from bridge.decision.findings import Finding
from bridge.decision.targets import Tag, describe_target, timeline_name
from bridge.ticket import Changed, FactValue, Role, Ticket, same_form


def rule_that_set(ticket: Ticket, desired: DesiredValue) -> Changed | None:
    """The change by which a rule that is known by name gave a target its present value; tags are not followed."""
    if isinstance(desired.target, Tag):
        return None
    last = next(reversed(ticket.changes(timeline_name(desired.target, ticket))), None)
    return last if last is not None and last.actor.role is Role.SYSTEM and last.actor.name else None


def set_by_rule(desired: DesiredValue, change: Changed) -> Finding:
    """What people should know of it."""
    what = f"{describe_target(desired.target)} is {_shown(change.new, 'empty')}"
    by = f"set by {change.actor.name} on {change.at:%Y-%m-%d %H:%M} UTC"
    wants = "the same" if same_form(change.new, desired.value) else _shown(desired.value, "none")
    return Finding(code="set_by_rule", cite=desired.cite, because=f"{what}, {by}; the policy wants {wants}")


def _shown(value: FactValue, nothing: str) -> str:
    return nothing if value is None else str(value)
