"""The parts of a pack, each with its place, and the names that they refer to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.model import Policy
from bridge.policy.nodes import nodes
from bridge.policy.references import Kind, Path

ASSIGNEE = "assignee"
"""The role that is filled by the ticket itself."""
PROSE_SECTIONS = frozenset({"clauses", "informational", "interpretations"})
"""Sections for people only: no decision depends on them."""


def parts(policy: Policy) -> Iterator[tuple[Path, BaseModel]]:
    """The models a pack is made of, the pack itself left out."""
    return iter(policy.parts)


def conditions(policy: Policy) -> Iterator[tuple[Path, Predicate]]:
    """Every condition."""
    return ((path, part) for path, part in nodes(policy) if isinstance(part, Predicate))


def names_of(policy: Policy, *kinds: Kind) -> Iterator[tuple[Path, str]]:
    """The names of some kinds that the pieces of a pack hold, each with its place."""
    return ((found.path, found.name) for found in policy.references if found.kind in kinds)


def source_at(policy: Policy, path: Path) -> Any:
    """What the pack file has at a place, or the short form that stands for it; None where there is nothing."""
    text: Any = policy.source
    for step in path:
        match text:
            case dict():
                text = text.get(step)
            case list() if isinstance(step, int):
                text = text[step]
    return text


def roles(policy: Policy) -> Iterator[tuple[Path, str]]:
    """The roles that rules notify."""
    return names_of(policy, Kind.ROLE)


def citations(policy: Policy) -> Iterator[tuple[Path, str]]:
    """The clauses that parts of a pack name, the sections for people included."""
    return names_of(policy, Kind.CITATION, Kind.CLAUSE)


def implicit_templates(policy: Policy) -> set[str]:
    """The templates that rules use without naming them."""
    names = {"severity"} | ({"notify"} if any(True for _ in roles(policy)) else set())
    names |= {"escalated"} if policy.escalation and policy.escalation.stages else set()
    names |= {"reopened"} if policy.closure and policy.closure.if_unconfirmed == "reopen" else set()
    names |= {"out_of_office"} if any(ladder.kind == "contact_attempts" for ladder in policy.waiting) else set()
    return names


IMPLICIT_TEMPLATES = {
    "escalated": "escalation.stages",
    "out_of_office": "waiting with kind: contact_attempts",
    "reopened": "closure with if_unconfirmed: reopen",
}
"""Templates that no rule can name, and the rules that use them."""
