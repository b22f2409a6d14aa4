"""Words that name nothing: clauses, templates, levels, facts, clocks, values; and conditions that no one can read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from bridge.policy.evaluation.comparisons import is_comparison
from bridge.policy.evaluation.conditions import CONDITION_NAMES, MULTI_VALUED
from bridge.policy.evaluation.predicate import COMBINATORS
from bridge.policy.evaluation.template import PLACEHOLDER, PLACEHOLDERS
from bridge.policy.lint import values
from bridge.policy.lint.comparisons import unreadable_comparison
from bridge.policy.lint.registry import Found, Level, check
from bridge.policy.model import Policy
from bridge.policy.nodes import nodes
from bridge.policy.pack_parts import citations, conditions, implicit_templates, names_of, parts
from bridge.policy.references import Kind, Path
from bridge.policy.rules.intake import IntakeItem
from bridge.policy.written_tags import written_tags
from bridge.ticket import Status, Ticket, tag_form
from bridge.yamlio.problems import shown

SCALAR_TESTS = ("not", "known")
SET_TESTS = ("not", "known", "any", "all", "none")


@check("PB101", Level.ERROR, "a condition that cannot be read")
def unreadable(policy: Policy) -> Iterator[Found]:
    for path, when in conditions(policy):
        yield from _unreadable(policy, when.root, path)


def _unreadable(policy: Policy, condition: dict[str, Any], path: Path) -> Iterator[Found]:
    for name, test in condition.items():
        if name in COMBINATORS:
            good = isinstance(test, list) and all(isinstance(part, dict) for part in test)
            if not good:
                yield Found((*path, name), _kind(test), "a list of conditions", f"write {name}: [{{...}}, {{...}}]")
                continue
            for index, part in enumerate(test):
                yield from _unreadable(policy, part, (*path, name, index))
        elif isinstance(test, dict) and is_comparison(test):
            yield from unreadable_comparison(policy, name, test, (*path, name))
        elif isinstance(test, dict):
            yield from _unreadable_test(name, test, (*path, name))


def _unreadable_test(name: str, test: dict[str, Any], path: Path) -> Iterator[Found]:
    words = SET_TESTS if name in MULTI_VALUED else SCALAR_TESTS
    fix = f"compare {name} with a value, a list of values, or one of these"
    if not test or (len(test) > 1 and name not in MULTI_VALUED):
        yield Found(path, _kind(test), f"exactly one of {', '.join(words)}", fix)
    for kind, wanted in test.items():
        if kind not in words:
            yield Found((*path, kind), kind, words, fix)
        elif kind == "known" and not isinstance(wanted, bool):
            yield Found((*path, kind), wanted, ("true", "false"), "write true or false")
        elif kind == "not" and isinstance(wanted, dict):
            yield Found((*path, kind), _kind(wanted), "a value or a list of values", "use the opposite test")
        elif kind in ("any", "all", "none") and not isinstance(wanted, list):
            yield Found((*path, kind), wanted, "a list of values", f"write {kind}: [{wanted}]")


def _kind(value: Any) -> str:
    match value:
        case dict():
            return shown(value)
        case list():
            return "a list with an item that is not a condition"
        case _:
            return repr(value)


@check("PB102", Level.ERROR, "an unknown clause")
def unknown_clauses(policy: Policy) -> Iterator[Found]:
    yield from _unknown(citations(policy), policy.clauses, "use a clause from `clauses`, or add it there")


@check("PB103", Level.ERROR, "an unknown template")
def unknown_templates(policy: Policy) -> Iterator[Found]:
    named = [*names_of(policy, Kind.TEMPLATE), *((path, name) for path, name, _ in _texts(policy))]
    yield from _unknown(named, policy.templates, "use a template from `templates`, or add it there")


def _texts(policy: Policy) -> Iterator[tuple[Path, str, str]]:
    """Every text with its place and the name of its template, translations included."""
    yield from ((("templates", name), name, text) for name, text in policy.templates.items())
    for language, texts in policy.translations.items():
        yield from ((("translations", language, name), name, text) for name, text in texts.items())


@check("PB104", Level.ERROR, "a template that is missing")
def missing_templates(policy: Policy) -> Iterator[Found]:
    for name in sorted(implicit_templates(policy) - set(policy.templates)):
        found = f"no template {name!r}, which a rule of this pack uses"
        yield Found(("templates",), found, f"a text under {name}", f"add {name} to `templates`")


@check("PB105", Level.ERROR, "an unknown placeholder")
def unknown_placeholders(policy: Policy) -> Iterator[Found]:
    words = tuple(f"{{{word}}}" for word in sorted(PLACEHOLDERS | set(policy.links) | set(policy.facts)))
    for path, _, text in _texts(policy):
        for word in PLACEHOLDER.findall(text):
            if f"{{{word}}}" not in words:
                yield Found(path, f"{{{word}}}", words, "correct the name, or add it to `links`")


@check("PB106", Level.ERROR, "an unknown calendar")
def unknown_calendars(policy: Policy) -> Iterator[Found]:
    yield from _unknown(names_of(policy, Kind.CALENDAR), policy.calendars, "use one of `calendars`, or add it there")


@check("PB107", Level.ERROR, "an unknown level")
def unknown_levels(policy: Policy) -> Iterator[Found]:
    used = names_of(policy, Kind.LEVEL)
    yield from _unknown(used, policy.severity.levels, "use one of severity.levels, or add it there")


@check("PB108", Level.ERROR, "an unknown name in a condition")
def unknown_names(policy: Policy) -> Iterator[Found]:
    known = tuple(sorted(CONDITION_NAMES.keys() | policy.facts.keys()))
    read = ((path + inner, name) for path, when in conditions(policy) for inner, name, _ in when.names())
    yield from _unknown(read, known, "use a fact from `facts`, or add it there")


@check("PB109", Level.ERROR, "an impossible value")
def unknown_values(policy: Policy) -> Iterator[Found]:
    yield from values.impossible_values(policy)


@check("PB110", Level.ERROR, "an unknown fact")
def unknown_facts(policy: Policy) -> Iterator[Found]:
    items = {path: part for path, part in parts(policy) if isinstance(part, IntakeItem)}
    used = [(path, fact) for path, fact in names_of(policy, Kind.FACT) if path[:-1] not in items]
    yield from _unknown(used, policy.facts, "use a fact from `facts`, or add it there")
    known = dict.fromkeys((*policy.facts, "description", "subject", "priority"))
    requested = (((*path, "fact" if item.fact else "item"), item.fact or item.item) for path, item in items.items())
    requested = ((path, name) for path, name in requested if name not in Ticket.model_fields)
    yield from _unknown(requested, known, "name the fact that holds this item, or add it to `facts`")


@check("PB111", Level.ERROR, "an unknown clock")
def unknown_clocks(policy: Policy) -> Iterator[Found]:
    known = [clock.name for clock in policy.clocks] + [
        ladder.clock for ladder in policy.waiting if ladder.kind == "reminders" and ladder.clock
    ]
    known += [promise.clock] if (promise := policy.amendments and policy.amendments.promise) else []
    yield from _unknown(names_of(policy, Kind.CLOCK), known, "use one of `clocks`")


@check("PB112", Level.ERROR, "an unknown stage")
def unknown_stages(policy: Policy) -> Iterator[Found]:
    for number, flow in enumerate(policy.workflows):
        if values := _values(policy, flow.fact):
            stages = [(("workflows", number, "stages", i, "stage"), step.stage) for i, step in enumerate(flow.stages)]
            yield from _unknown(stages, values, f"use one of facts.{flow.fact}.values, or add it there")
        untils = (
            (("workflows", number, "stages", i, "tags_until"), step.tags_until) for i, step in enumerate(flow.stages)
        )
        named = [step.stage for step in flow.stages]
        yield from _unknown(((path, name) for path, name in untils if name), named, "use a stage of this workflow")
    if values := _values(policy, "stage"):
        yield from _unknown(names_of(policy, Kind.STAGE), values, "use one of facts.stage.values, or add it there")


@check("PB113", Level.ERROR, "an unknown plan")
def unknown_plans(policy: Policy) -> Iterator[Found]:
    plans = policy.plan_names
    targets = (
        (("clocks", index, "plan_targets", plan), plan)
        for index, clock in enumerate(policy.clocks)
        for plan in clock.plan_targets
    )
    contacts = ((("plan_roles", plan), plan) for plan in policy.plan_roles)
    yield from _unknown(chain[tuple[Path, str]](targets, contacts), plans, "use one of these, or add it to `plans`")


@check("PB114", Level.ERROR, "a duplicate name")
def twice(policy: Policy) -> Iterator[Found]:
    for section in ("plans", "clocks", "waiting", "categories", "reactions", "gates", "workflows"):
        yield from _twice(((section, i, "name"), part.name) for i, part in enumerate(getattr(policy, section)))
    if promise := policy.amendments and policy.amendments.promise:
        names = [*((("clocks", i, "name"), clock.name) for i, clock in enumerate(policy.clocks))]
        yield from _twice([*names, (("amendments", "promise", "clock"), promise.clock)])
    for number, intake in enumerate(policy.intake):
        yield from _twice((("intake", number, "items", i, "item"), item.item) for i, item in enumerate(intake.items))
    for number, flow in enumerate(policy.workflows):
        yield from _twice(
            (("workflows", number, "stages", i, "stage"), step.stage) for i, step in enumerate(flow.stages)
        )
    if held := policy.severity.held_by:
        gates = [(("gates", i, "name"), gate.name) for i, gate in enumerate(policy.gates)]
        yield from _twice([(("severity",), held.gate), *gates])
    schedule = policy.escalation.stages if policy.escalation else ()
    stages = ((("escalation", "stages", i, "stage"), f"{each.level} {each.stage}") for i, each in enumerate(schedule))
    yield from _twice(stages)


@check("PB116", Level.ERROR, "names that become one")
def colliding_tags(policy: Policy) -> Iterator[Found]:
    """Tags, and values of facts, which a helpdesk keeps as options of a dropdown, that differ only in spelling."""
    yield from _colliding(written_tags(policy))
    for name, spec in policy.facts.items():
        yield from _colliding(((("facts", name, "values", i), word) for i, word in enumerate(spec.values or ())))


def _colliding(names: Iterable[tuple[Path, str]]) -> Iterator[Found]:
    spelt: dict[str, str] = {}
    for path, name in names:
        first = spelt.setdefault(tag_form(name), name)
        if name != first:
            found = f"{name!r}, which a helpdesk keeps as {tag_form(name)!r} like {first!r}"
            yield Found(path, found, "names that differ in more than case, blanks and signs", "rename one of them")


@check("PB115", Level.WARNING, "a status that the pack does not list")
def unlisted_statuses(policy: Policy) -> Iterator[Found]:
    known = policy.statuses.labels if policy.statuses else Status
    for path, value in nodes(policy):
        for status in sorted(value) if isinstance(value, frozenset) else [value]:
            if isinstance(status, Status) and status not in known and path[0] != "statuses":
                words = tuple(each.value for each in known)
                yield Found(path, status.value, words, "use one of statuses.labels, or add it there")


def _twice(names: Iterable[tuple[Path, str]]) -> Iterator[Found]:
    seen: Counter[str] = Counter()
    for path, name in names:
        seen[name] += 1
        if seen[name] > 1:
            yield Found(path, f"{name!r} again", "unique names", "rename one of them, or remove it")


def _values(policy: Policy, fact: str) -> tuple[str, ...]:
    return (policy.facts[fact].values or ()) if fact in policy.facts else ()


def _unknown(used: Iterable[tuple[Path, str]], known: Iterable[str], fix: str) -> Iterator[Found]:
    words = tuple(known)
    return (Found(path, word, words, fix) for path, word in used if word not in words)
