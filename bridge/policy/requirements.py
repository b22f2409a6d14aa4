"""What packs need from a helpdesk: the tags and fields that their rules write, and the statuses that they name.

All of it must exist before the first write to a ticket; ``install`` creates what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from bridge.contacts import contacts_in, is_channel
from bridge.decision import TAG_PREFIX, Tag
from bridge.policy.evaluation.predicate import compared_values
from bridge.policy.evaluation.template import PLACEHOLDER
from bridge.policy.model import Policy
from bridge.policy.pack_parts import ASSIGNEE, conditions, parts, roles
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.categories import Categories
from bridge.policy.rules.clock_steps import ClockStep
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.escalation import EscalationLevel
from bridge.policy.rules.held_level import ChangeApproval
from bridge.policy.rules.reactions import Reaction
from bridge.policy.rules.shifts import ShiftRotation
from bridge.policy.written_tags import written_tags
from bridge.ticket import Status

_LINKS = frozenset({"approval_link", "confirmation_link"})


@dataclass(frozen=True)
class HelpdeskRequirements:
    """The tags, fields and statuses that some packs can write or expect to find."""

    tags: frozenset[str]
    """With their prefix, such as ``policy_severity_high``."""
    fields: frozenset[str]
    """Names for ``set_field`` that are not facts, such as ``severity`` or ``next_due_at``."""
    statuses: frozenset[Status]
    """Those that a pack names. New, open and solved are written unnamed as well: every helpdesk has them."""
    groups: frozenset[str] = frozenset()
    tiers: frozenset[int] = frozenset()
    roles: frozenset[str] = frozenset()
    """Those that are notified, the ticket's own assignee left out."""
    digest_roles: frozenset[str] = frozenset()
    """Those that get digests by mail."""
    approvals: frozenset[str] = frozenset()
    """Those that somebody can give: of gates, and of changes of the severity."""
    link_templates: frozenset[str] = frozenset()
    """Templates with a link to the pages of the bridge."""


def helpdesk_requirements(policies: Iterable[Policy]) -> HelpdeskRequirements:
    """What some packs need from a helpdesk, all together."""
    packs = list(policies)
    return HelpdeskRequirements(
        tags=frozenset(Tag(f"{TAG_PREFIX}{tag}").name for policy in packs for _, tag in written_tags(policy)),
        fields=frozenset(field for policy in packs for field in _fields(policy) if field not in policy.facts),
        statuses=frozenset(status for policy in packs for status in _statuses(policy)),
        groups=frozenset(part.group for policy in packs for part in policy.reactions if part.group),
        tiers=frozenset(tier for policy in packs for tier in _tiers(policy)),
        roles=frozenset(role for policy in packs for _, role in roles(policy)) - {ASSIGNEE},
        digest_roles=frozenset(role for policy in packs for role in _mailed(policy)),
        approvals=frozenset(name for policy in packs for name in _approvals(policy)),
        link_templates=frozenset(name for policy in packs for name in _link_templates(policy)),
    )


def _mailed(policy: Policy) -> Iterator[str]:
    """The roles that get digests, without those whose contact is a channel of its own."""
    for digest in policy.digests:
        for role in digest.notify:
            given = filter(None, (contacts.get(role) for contacts in (policy.roles, *policy.plan_roles.values())))
            contacts = [contact for text in given for contact in contacts_in(text)]
            if not all(map(is_channel, contacts)) or role not in policy.roles:
                yield role


def _fields(policy: Policy) -> Iterator[str]:
    yield from ("severity", "clause", "next_due", "next_due_at")
    for _, part in parts(policy):
        match part:
            case Categories() | ChangeApproval() | ShiftRotation():
                yield part.field
            case Reaction():
                yield from part.set_fields
            case ContactAttempts():
                yield "closure_at"
            case EscalationLevel():
                yield "escalation_stage"
                yield from ["audience"] if part.updates_to else []


def _approvals(policy: Policy) -> Iterator[str]:
    for _, part in parts(policy):
        match part:
            case ApprovalGate():
                yield part.name
            case ChangeApproval():
                yield part.gate


def _tiers(policy: Policy) -> Iterator[int]:
    yield from (policy.start_tier,) if policy.tiers else ()
    yield from (part.tier for _, part in parts(policy) if isinstance(part, EscalationLevel | ClockStep) and part.tier)


def _link_templates(policy: Policy) -> Iterator[str]:
    for name, text in policy.templates.items():
        if not _LINKS.isdisjoint(PLACEHOLDER.findall(text)):
            yield name


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
