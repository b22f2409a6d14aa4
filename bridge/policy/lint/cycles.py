"""Feedback: conditions that read what the pack writes. A policy that answers itself never comes to rest.

What only the bridge writes (its tags and fields), and what it writes for every ticket (the priority), no condition may
read. Status, tier, group and assignee are written by people as well, so a rule may read them as long as what it then
writes does not lead back to what it read. A gate's ``stage`` is written on the answer of a person, who ends every such
circle.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bridge.decision import TAG_PREFIX
from bridge.policy.condition_space import ConditionSpace, compared_values, holds_at
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.pack_parts import conditions, nodes
from bridge.policy.references import Path
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.closure import ClosureRule
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.escalation import EscalationLevel
from bridge.policy.rules.reminders import Reminders
from bridge.policy.rules.routing import Reaction
from bridge.policy.self_reference import self_references
from bridge.ticket import Status

SHARED = frozenset({"assignee", "group", "status", "tier"})
"""Names that the bridge writes and people as well."""


@check("PB601", Level.ERROR, "a condition on a tag of the bridge")
def own_tags(policy: Policy) -> Iterator[Found]:
    for path, when in conditions(policy):
        for inner, name, test in when.names():
            for tag in compared_values(test) if name == "tags" else ():
                if str(tag).startswith(TAG_PREFIX):
                    fix = "test what the tag stands for instead (level, facts, status)"
                    yield Found(path + inner, f"{tag!r}, which the pack writes", "tags of people and vendors", fix)


@check("PB602", Level.ERROR, "a condition on what the pack writes")
def own_words(policy: Policy) -> Iterator[Found]:
    written = _written(policy)
    for path, when in conditions(policy):
        for inner, name, _ in when.names():
            if name in written:
                found = f"{name!r}, which the pack writes ({written[name]})"
                fix = (
                    "test level instead" if name in ("priority", *_chosen(policy)) else "test what leads to it instead"
                )
                yield Found(path + inner, found, "what people and vendors write", fix)
    yield from _idle_routes(policy)
    yield from _own_choice(policy)


def _idle_routes(policy: Policy) -> Iterator[Found]:
    """Routes that speak only where what they write is there already."""
    for index, route in enumerate(policy.reactions):
        points = [point for point in ConditionSpace.of(policy, [route.when]).points() if holds_at(route.when, point)]
        if route.group and points and all(point.get("group") == route.group for point in points):
            found = f"'group', which has to be {route.group} before this route sends the ticket to {route.group}"
            yield Found(("reactions", index, "when"), found, "what leads to the group", "drop group from the condition")


def _own_choice(policy: Policy) -> Iterator[Found]:
    """A choice of severity in a fact that the pack writes itself, so that nobody chooses."""
    choice = policy.severity.chosen_in
    if choice is None or choice.fact is None:
        return
    path, ruled = ("severity", "chosen_in", "fact"), _written_by_rules(policy)
    gates = [gate.name for gate in policy.gates if gate.approved_stage or gate.refused_stage]
    if choice.fact in ruled:
        found = f"{choice.fact!r}, which the pack writes ({ruled[choice.fact]})"
        yield Found(path, found, "a fact that people write", "choose by another fact, or set another field")
    elif choice.change_approval and gates and choice.fact == "stage":
        found = f"'stage', which gate {gates[0]} writes, and with held only people's choices count"
        yield Found(path, found, "a fact that people write", "drop held, or choose by another fact")


def _written(policy: Policy) -> dict[str, str]:
    """Names of conditions that only follow from the pack itself -> what writes them."""
    written = dict.fromkeys(_chosen(policy), "a held change of severity puts it back")
    choice = policy.severity.chosen_in
    if choice is None or choice.fact:
        written["priority"] = "it follows from the severity level"
    return written | _written_by_rules(policy)


def _written_by_rules(policy: Policy) -> dict[str, str]:
    """Facts that are fields which rules set -> what sets them."""
    ruled: dict[str, str] = {}
    for part in (part for _, part in nodes(policy) if isinstance(part, PackPart)):
        fields: Any = getattr(part, "set_fields", None) or [getattr(part, "field", None)]
        ruled |= {name: "a rule sets the field of this name" for name in fields if name in policy.facts}
    return ruled


def _chosen(policy: Policy) -> list[str]:
    choice = policy.severity.chosen_in
    return [choice.fact] if choice and choice.fact and choice.change_approval else []


@check("PB603", Level.ERROR, "a condition on what it decides itself")
def circular(policy: Policy) -> Iterator[Found]:
    for each in self_references(policy.severity, policy.gates):
        if each.gate:
            found = f"{each.gate!r}, a gate that opens by level, which is decided by this very condition"
            allowed = "gates that open by facts and fields of the ticket"
            yield Found(each.path, found, allowed, "let the gate open on what leads to the level")
        else:
            found = f"{each.name!r}, which is decided by this very condition"
            yield Found(each.path, found, "facts and fields of the ticket", "test what leads to it instead")


@check("PB604", Level.ERROR, "rules that lead back to what they read")
def circles(policy: Policy) -> Iterator[Found]:
    edges = [(path, read, written) for path, rule in _rules(policy) for path, read, written in _edges(path, rule)]
    for path, read, written in edges:
        if read in _reached(written, [(start, end) for _, start, end in edges]):
            found = f"{read!r}, which the {written} that this rule writes leads back to"
            fix = "judge it at_creation, or test the fact behind it"
            yield Found(path, found, "conditions that the rule itself cannot change", fix)


def _rules(policy: Policy) -> Iterator[tuple[Path, PackPart]]:
    """The rules of a pack, one by one."""
    for name in type(policy).model_fields:
        value = getattr(policy, name)
        if isinstance(value, PackPart):
            yield (name,), value
        elif isinstance(value, tuple):
            yield from (((name, i), part) for i, part in enumerate(value) if isinstance(part, PackPart))


def _edges(path: Path, rule: PackPart) -> Iterator[tuple[Path, str, str]]:
    """Where a rule reads a shared name, and each shared name it writes."""
    if isinstance(rule, Reaction) and rule.evaluated == "at_creation":
        return
    writes = {name for _, part in nodes(rule) for name in _writes(part)}
    for inner, part in nodes(rule, path):
        if hasattr(part, "names") and "stages" not in inner:  # a stage is judged at the instant it begins
            yield from ((inner + place, read, to) for place, read, _ in part.names() if read in SHARED for to in writes)


def _writes(part: Any) -> Iterator[str]:
    """The shared names that one part of a rule writes."""
    if isinstance(part, Reminders | ContactAttempts) or (isinstance(part, ClosureRule) and part.confirmation_solves):
        yield "status"
    elif isinstance(part, EscalationLevel) and part.tier is not None:
        yield "tier"
    elif isinstance(part, Reaction) and part.group:
        yield "group"
    elif isinstance(part, ApprovalGate) and part.refused_assignee:
        yield "assignee"
    if isinstance(part, PackPart):
        set_to = (getattr(part, name, None) for name in ("status", "set", "to"))
        if any(isinstance(value, Status) for value in set_to):
            yield "status"


def _reached(start: str, edges: list[tuple[str, str]]) -> set[str]:
    """Everything that follows from a name, itself included."""
    reached = {start}
    while more := {end for begin, end in edges if begin in reached} - reached:
        reached |= more
    return reached
