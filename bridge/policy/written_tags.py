"""The tags that a pack writes: those it names, and those whose names its parts build from other values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from bridge.policy.model import Policy
from bridge.policy.pack_parts import names_of, parts, roles
from bridge.policy.references import Kind, Path
from bridge.policy.rules.amendments import FollowUps
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.categories import Categories
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.escalation import EscalationLevel
from bridge.policy.rules.escalation_request import EscalationOnRequest, RequestLevel
from bridge.policy.rules.held_level import ChangeApproval
from bridge.policy.rules.intake import IntakeItem
from bridge.policy.rules.reminders import Reminders
from bridge.policy.rules.severity import SeverityHints
from bridge.policy.rules.shifts import ShiftRotation


def written_tags(policy: Policy) -> Iterator[tuple[Path, str]]:
    """Every tag without its prefix, as the pack spells it, with the place from which it follows."""
    yield ("pack",), policy.pack
    yield from ((("severity", "levels", level), f"severity_{level}") for level in policy.severity.levels)
    yield from names_of(policy, Kind.TAG)
    if any(True for _ in roles(policy)):
        yield ("role_directory",), "role_unresolved"
    for path, part in parts(policy):
        yield from ((path, tag) for tag in _DERIVED_TAGS.get(type(part), lambda _: ())(part))


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
    ClockRule: lambda part: [f"warning_{part.name}", f"breached_{part.name}"] if part.has_targets else [],
    FollowUps: lambda part: [f"breached_{part.clock}"],
    ContactAttempts: lambda part: _numbered(part.attempts),
    Reminders: lambda part: [*_numbered(len(part.notices)), *([f"warning_{part.clock}"] if part.clock else [])],
}
"""Tags whose names a part of a pack builds from its other values."""
