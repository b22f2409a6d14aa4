"""Messages to customers: whether one text speaks for what has different reasons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from bridge.decision.linked_text import FOR_AGENTS
from bridge.policy.condition_space import ConditionSpace, Point, holds_at
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart
from bridge.policy.evaluation.template import MADE_LINKS, PLACEHOLDER
from bridge.policy.lint import translations
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.nodes import nodes
from bridge.policy.pack_parts import names_of
from bridge.policy.references import Kind
from bridge.policy.rules.transitions import Transition
from bridge.policy.rules.waiting import WaitingRule
from bridge.policy.rules.workflow import WorkflowStage
from bridge.ticket import Status


class Way(NamedTuple):
    """A rule that leads to a status, and what is then true of the ticket."""

    rule: str
    clause: str
    to: Status
    facts: Point


@check("PB801", Level.WARNING, "one message for different reasons")
def one_text_for_several_reasons(policy: Policy) -> Iterator[Found]:
    ways = list(_ways(policy))
    told: dict[tuple[str, Status], list[Way]] = {}
    for index, reaction in enumerate(policy.reactions):
        if reaction.message is None or not any(name == "status" for _, name, _ in reaction.when.names()):
            continue
        for status in dict.fromkeys(way.to for way in ways):
            led = [way for way in ways if way.to is status and _covers(policy, reaction.when, way)]
            others = told.setdefault((reaction.message, status), [])
            others += (way for way in led if way not in others)
            if len({way.rule for way in led}) > 1:
                fix = "tell them apart in the condition, such as closed_unanswered: false, and give each a message"
                yield Found(("reactions", index, "when"), _spoken_for(reaction.message, led), _ONE_REASON, fix)
            elif led and len({way.rule for way in others}) > 1:
                fix = "give each a message of its own"
                yield Found(("reactions", index, "message"), _spoken_for(reaction.message, others), _ONE_REASON, fix)


_ONE_REASON = "one reason for each message"


def _spoken_for(message: str, ways: list[Way]) -> str:
    reasons = " and by ".join(f"{way.rule} ({way.clause})" for way in ways)
    return f"{message!r} where the ticket was set to {ways[0].to.value} by {reasons}"


@check("PB802", Level.ERROR, "a language without a text")
def languages_without_text(policy: Policy) -> Iterator[Found]:
    yield from translations.languages_without_text(policy)


@check("PB803", Level.ERROR, "a placeholder that is missing in one language")
def missing_placeholders(policy: Policy) -> Iterator[Found]:
    yield from translations.missing_placeholders(policy)


@check("PB807", Level.ERROR, "a link that leads nowhere")
def links_without_address(policy: Policy) -> Iterator[Found]:
    for name, address in policy.links.items():
        if not re.fullmatch(r"(https?://[^\s/]+\S*|(mailto|tel):\S+)", address):
            fix = "write where it leads, such as https://support.acme.example"
            yield Found(("links", name), repr(address), "an address with https://, mailto: or tel:", fix)


@check("PB806", Level.WARNING, "a translated word that nothing says")
def unused_words(policy: Policy) -> Iterator[Found]:
    yield from translations.unused_words(policy)


@check("PB804", Level.WARNING, "a text with English words")
def english_words(policy: Policy) -> Iterator[Found]:
    yield from translations.english_words(policy)
    yield from translations.conditions_as_reasons(policy)


def _ways(policy: Policy) -> Iterator[Way]:
    """Every rule that leads to a status, once for each status."""
    for ladder in policy.waiting:
        ends = {Status.CLOSED if status is Status.SOLVED else Status.SOLVED for status in ladder.statuses}
        for status in ends:
            said: Point = {"confirmed": False} if status is Status.SOLVED else {}
            yield Way(repr(ladder.name), ladder.clause, status, {"closed_unanswered": True, **said})
    if policy.closure and policy.closure.confirmation_solves:
        confirmed: Point = {"closed_unanswered": False, "confirmed": True}
        yield Way("a confirmation", policy.closure.clause, Status.SOLVED, confirmed)
    for flow in policy.workflows:
        for stage in flow.stages:
            facts: Point = {"closed_unanswered": False, flow.fact: stage.stage}
            for status in dict.fromkeys(choice.set for choice in stage.status):
                yield Way(f"stage {stage.stage}", stage.clause or flow.clause, status, facts)
    yield from _set_elsewhere(policy)


def _set_elsewhere(policy: Policy) -> Iterator[Way]:
    """Statuses that other rules set: transitions, approvals and whatever has a key for it."""
    clause = ""
    for path, part in nodes(policy):
        if isinstance(part, PackPart):
            clause = getattr(part, "clause", None) or clause
            if not isinstance(part, WaitingRule | WorkflowStage) and "workflows" not in path:
                status: Any = part.to if isinstance(part, Transition) else getattr(part, "status", None)
                if isinstance(status, Status):
                    name = getattr(part, "name", str(path[0]).replace("_", " "))
                    yield Way(repr(name), clause, status, {"closed_unanswered": False})


def _covers(policy: Policy, when: Predicate, way: Way) -> bool:
    """Whether a condition can hold where a rule has led to its status."""
    known: Point = {"status": way.to.value, **way.facts}
    space = ConditionSpace.of(policy, [when])
    points = ConditionSpace({name: (known[name],) if name in known else usual for name, usual in space.domains.items()})
    return any(holds_at(when, point) for point in points.points())


@check("PB805", Level.ERROR, "a link for agents in a message to customers")
def links_for_agents(policy: Policy) -> Iterator[Found]:
    agents = {name for name, purpose in MADE_LINKS.items() if purpose in FOR_AGENTS}
    for path, name in names_of(policy, Kind.TEMPLATE):
        links = sorted(agents.intersection(PLACEHOLDER.findall(policy.templates[name])))
        if links and path[-1] in ("message", "last_message", "request_message"):
            found = f"{{{links[0]}}} in {name!r}, which the customer gets"
            yield Found(path, found, "links for agents in notes and notifications", "remove it from this template")
