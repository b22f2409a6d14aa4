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
from bridge.policy.condition_space import ConditionSpace, holds_at
from bridge.policy.evaluation.conditions import CONDITION_NAMES
from bridge.policy.evaluation.predicate import compared_values
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.nodes import nodes
from bridge.policy.pack_parts import conditions
from bridge.policy.references import Path
from bridge.policy.rules.approval_gate import ApprovalGate
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.clock_steps import ClockStep
from bridge.policy.rules.closure import ClosureRule
from bridge.policy.rules.contact_attempts import ContactAttempts
from bridge.policy.rules.escalation import EscalationLevel
from bridge.policy.rules.reactions import Reaction
from bridge.policy.rules.reminders import Reminders
from bridge.policy.self_reference import self_references
from bridge.ticket import Status

SHARED = frozenset(name for name, each in CONDITION_NAMES.items() if each.is_also_written_by_rules)
"""Names that people write as well as rules."""


@check("PB601", Level.ERROR, "a condition on a tag that the bridge sets")
def own_tags(policy: Policy) -> Iterator[Found]:
    for path, when in conditions(policy):
        for inner, name, test in when.names():
            for tag in compared_values(test) if name == "tags" else ():
                if str(tag).startswith(TAG_PREFIX):
                    fix = "use what the tag stands for instead (level, facts, status)"
                    found = f"{tag!r}, which the pack writes"
                    yield Found(path + inner, found, "tags that people and vendors set", fix)


@check("PB602", Level.ERROR, "a condition on what the pack writes")
def conditions_on_own_output(policy: Policy) -> Iterator[Found]:
    written = _written(policy)
    for path, when in conditions(policy):
        for inner, name, _ in when.names():
            if name in written:
                found = f"{name!r}, which the pack writes ({written[name]})"
                fix = (
                    "use level instead" if name in ("priority", *_chosen(policy)) else "use what determines it instead"
                )
                yield Found(path + inner, found, "what people and vendors write", fix)
    yield from _idle_routes(policy)
    yield from _own_choice(policy)


def _idle_routes(policy: Policy) -> Iterator[Found]:
    """Reactions whose condition requires the group that they set."""
    for index, route in enumerate(policy.reactions):
        points = [point for point in ConditionSpace.of(policy, [route.when]).points() if holds_at(route.when, point)]
        if route.group and points and all(point.get("group") == route.group for point in points):
            found = f"'group', which must already be {route.group} before this reaction moves the ticket there"
            allowed, fix = "conditions on what determines the group", "remove group from the condition"
            yield Found(("reactions", index, "when"), found, allowed, fix)


def _own_choice(policy: Policy) -> Iterator[Found]:
    """A choice of severity in a fact that the pack writes itself, so that nobody chooses."""
    choice = policy.severity.chosen_in
    if choice is None or choice.fact is None:
        return
    path, ruled = ("severity", "chosen_in", "fact"), _written_by_rules(policy)
    gates = [gate.name for gate in policy.gates if gate.approved_stage or gate.refused_stage]
    if choice.fact in ruled:
        found = f"{choice.fact!r}, which the pack writes ({ruled[choice.fact]})"
        fix = "let people choose the severity in another fact, or set another field"
        yield Found(path, found, "a fact that people write", fix)
    elif choice.change_approval and gates and choice.fact == "stage":
        found = f"'stage', which gate {gates[0]} sets, although with change_approval only people may choose"
        fix = "remove change_approval, or let people choose the severity in another fact"
        yield Found(path, found, "a fact that people write", fix)


def _written(policy: Policy) -> dict[str, str]:
    """Names of conditions that only follow from the pack itself -> what writes them."""
    written = dict.fromkeys(_chosen(policy), "it is restored until a change of severity is approved")
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


@check("PB603", Level.ERROR, "a condition that depends on its own result")
def circular(policy: Policy) -> Iterator[Found]:
    for each in self_references(policy.severity, policy.gates):
        if each.gate:
            found = f"{each.gate!r}, a gate whose condition uses the level, which depends on this gate"
            allowed = "gates whose conditions use facts and fields of the ticket"
            yield Found(each.path, found, allowed, "use what determines the level in the condition of the gate")
        else:
            found = f"{each.name!r}, which depends on this condition"
            yield Found(each.path, found, "facts and fields of the ticket", "use what determines it instead")


@check("PB604", Level.ERROR, "rules that change what they depend on")
def circles(policy: Policy) -> Iterator[Found]:
    edges = [(path, read, written) for path, rule in _rules(policy) for path, read, written in _edges(path, rule)]
    for path, read, written in edges:
        if read in _reached(written, [(start, end) for _, start, end in edges]):
            found = f"{read!r}, which depends in turn on the {written} that this rule sets"
            fix = "set evaluated: at_creation, or use the underlying fact"
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
        if hasattr(part, "names") and inner[0] != "workflows":  # a stage is evaluated at the instant it begins
            read = [(inner + place, name) for place, name, _ in part.names() if name in SHARED]
            yield from ((at, name, to) for at, name in read for to in writes if not _only_rises(rule, inner, name, to))


def _only_rises(rule: PackPart, inner: Path, name: str, to: str) -> bool:
    """Whether a clock for a tier ends with a step that raises the tier, which comes to rest."""
    return isinstance(rule, ClockRule) and "steps" not in inner and name == to == "tier"


def _writes(part: Any) -> Iterator[str]:
    """The shared names that one part of a rule writes."""
    if isinstance(part, Reminders | ContactAttempts) or (isinstance(part, ClosureRule) and part.confirmation_solves):
        yield "status"
    elif isinstance(part, EscalationLevel | ClockStep) and part.tier is not None:
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
