"""What packs need from a helpdesk: the tags and fields that their rules write, and the statuses that they name.

All of it must exist before the first write to a ticket; ``install`` creates what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from bridge.decision import TAG_PREFIX
from bridge.policy.evaluation.predicate import compared_values
from bridge.policy.model import Policy
from bridge.policy.pack_parts import conditions, names_of, parts, roles
from bridge.policy.references import Kind
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.categories import Categories
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.escalation import EscalationLevel, EscalationOnRequest, RequestLevel
from bridge.policy.rules.intake import IntakeItem
from bridge.policy.rules.reactions import Reaction
from bridge.policy.rules.reminders import Reminders
from bridge.policy.rules.severity import SeverityHints
from bridge.policy.rules.severity_choice import ChangeApproval, SeverityChoice
from bridge.policy.rules.shifts import ShiftRotation
from bridge.ticket import Status


@dataclass(frozen=True)
class HelpdeskRequirements:
    """The tags, fields and statuses that some packs can write or expect to find."""

    tags: frozenset[str]
    """With their prefix, such as ``policy_severity_high``."""
    fields: frozenset[str]
    """Names for ``set_field`` that are no facts, such as ``severity`` or ``next_due_at``."""
    statuses: frozenset[Status]
    """Those that a pack names. New, open and solved are written unnamed as well: every helpdesk has them."""


def helpdesk_requirements(policies: Iterable[Policy]) -> HelpdeskRequirements:
    """What some packs need from a helpdesk, all together."""
    packs = list(policies)
    return HelpdeskRequirements(
        tags=frozenset(f"{TAG_PREFIX}{tag}" for policy in packs for tag in _tags(policy)),
        fields=frozenset(field for policy in packs for field in _fields(policy) if field not in policy.facts),
        statuses=frozenset(status for policy in packs for status in _statuses(policy)),
    )


def _tags(policy: Policy) -> Iterator[str]:
    yield policy.pack
    yield from (f"severity_{level}" for level in policy.severity.levels)
    yield from (tag for _, tag in names_of(policy, Kind.TAG))
    if any(True for _ in roles(policy)):
        yield "role_unresolved"
    for _, part in parts(policy):
        yield from _DERIVED_TAGS.get(type(part), lambda _: ())(part)


def _numbered(count: int) -> list[str]:
    return [f"followup_{number + 1}" for number in range(count)]


_DERIVED_TAGS: dict[type[BaseModel], Callable[[Any], Iterable[str]]] = {
    SeverityHints: lambda part: [f"suggest_level_{level}" for level in part.phrases],
    ChangeApproval: lambda part: [f"awaiting_{part.gate}"],
    ApprovalGate: lambda part: [f"awaiting_{part.name}"],
    IntakeItem: lambda part: [f"missing_{part.item}"],
    Categories: lambda part: [f"skill_{skill}" for skill in part.skills.values()],
    ShiftRotation: lambda part: [f"region_{region}" for region in part.regions],
    EscalationOnRequest: lambda _: ["escalation_requested"],
    RequestLevel: lambda part: [f"escalated_{part.stage}"],
    EscalationLevel: lambda part: [f"escalated_{part.stage}"],
    ClockRule: lambda part: (
        [f"warning_{part.name}", f"breached_{part.name}"] if part.targets or part.plan_targets else []
    ),
    ContactAttempts: lambda part: _numbered(part.attempts),
    Reminders: lambda part: [*_numbered(len(part.notices)), *([f"warning_{part.clock}"] if part.clock else [])],
}
"""Tags whose names a part of a pack builds from its other values."""


def _fields(policy: Policy) -> Iterator[str]:
    yield from ("severity", "clause", "next_due", "next_due_at")
    for _, part in parts(policy):
        match part:
            case SeverityChoice(fact=str(), change_approval=ChangeApproval(field=field)):
                yield field
            case Categories() | ShiftRotation():
                yield part.field
            case Reaction():
                yield from part.set_fields
            case ContactAttempts():
                yield "closure_at"
            case EscalationLevel():
                yield "escalation_stage"
                yield from ["audience"] if part.updates_to else []


def _statuses(policy: Policy) -> Iterator[Status]:
    yield from _statuses_in(policy)
    for _, when in conditions(policy):
        for _, name, test in when.names():
            if name == "status":
                yield from (Status(word) for word in compared_values(test))


def _statuses_in(value: Any) -> Iterator[Status]:
    """The statuses that stand as keys or values in a piece of a pack, its conditions left out."""
    match value:
        case Status():
            yield value
        case BaseModel():
            for name in type(value).model_fields:
                yield from _statuses_in(getattr(value, name))
        case dict():
            for pair in value.items():
                yield from _statuses_in(pair)
        case tuple() | frozenset():
            for inner in value:
                yield from _statuses_in(inner)
