"""Every word that a policy can have reaches both vendors in some test beside this one, or the list here says why not.

A word is a key of the policy model, or one of the choices that a key offers. A new word fails here until a test of the
contract suite lays it over the pack.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel

from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.policy.nodes import nodes
from bridge.policy.overrides import merged
from bridge.policy.references import annotation_of

ARITHMETIC = (
    "hours are added up before a helpdesk is told of anything: tests/policy/test_calendar*.py, test_special_days.py"
)
LATE = "what a late step does is decided before a helpdesk is told of anything: tests/policy/test_lateness.py"
IN_FORCE = "which text governs a ticket is decided before a helpdesk is told of anything: tests/versions/"
EVENTS = "an event is the same wherever it is named: the clocks of test_clock_words.py have them all"
READ = "a value is read by the mapping, which knows its type from the connection: tests/mappings/"
COMPARED = "stages of accounts are compared with each other and told to no helpdesk: tests/policy/test_onboarding.py"
DEFAULT = "what happens without the key, as in every test that does not have it"
NOT_PLAYED: Mapping[str, str] = {
    "CalendarSpec": ARITHMETIC,
    "PackCalendar": ARITHMETIC,
    "ClosedTime": ARITHMETIC,
    "Policy.change": IN_FORCE,
    "Policy.cutover": IN_FORCE,
    "if_late": LATE,
    "FactSpec.type: bool": READ,
    "FactSpec.type: number": READ,
    "FollowUps.met_by": EVENTS,
    "Transition.on": EVENTS,
    "OnboardingRule.before": COMPARED,
    "OnboardingRule.may_skip": COMPARED,
    "ClockRule.starts_on: created": DEFAULT,
    "ClockRule.on_reopen: new": DEFAULT,
    "ClockRule.on_level_change: retroactive": DEFAULT,
    "MergeRule.answers: own": DEFAULT,
    "MergeRule.clocks: own": DEFAULT,
    "MergeRule.approvals: own": DEFAULT,
}
"""A model, a key of a model or of all, or a choice -> why no vendor has to see it."""


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that an annotation names; a condition is one value."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and not issubclass(annotation, Predicate):
        yield annotation
    for inner in get_args(annotation):
        yield from models(inner)


def choices(annotation: Any) -> Iterator[str]:
    """The words between which a key chooses. Statuses are the vendors' vocabulary and have tests of their own."""
    if get_origin(annotation) is Literal:
        yield from (each for each in get_args(annotation) if isinstance(each, str))
    for inner in get_args(annotation):
        yield from choices(inner)


def all_words() -> set[str]:
    """Every word, as ``Model.key`` or ``Model.key: choice``."""
    found: set[str] = set()
    seen: set[type[BaseModel]] = set()
    waiting: list[type[BaseModel]] = [Policy]
    while waiting:
        model = waiting.pop()
        if model not in seen:
            seen.add(model)
            for name, field in model.model_fields.items():
                word, annotation = f"{model.__name__}.{field.alias or name}", annotation_of(field)
                found |= {word, *(f"{word}: {choice}" for choice in choices(annotation))}
                waiting += models(annotation)
    return found


def words_of(policy: Policy) -> Iterator[str]:
    """The words that a pack writes out."""
    for _, part in nodes(policy):
        if isinstance(part, BaseModel) and not isinstance(part, Predicate):
            for name in part.model_fields_set:
                word = f"{type(part).__name__}.{type(part).model_fields[name].alias or name}"
                yield word
                yield from (f"{word}: {text}" for text in texts(getattr(part, name)))


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield str(value)
    elif isinstance(value, tuple | frozenset):
        for each in value:
            yield from texts(each)


def played_packs() -> Iterator[Policy]:
    """The pack as it is shipped, and with everything that the tests beside this one lay over it."""
    shipped = load_policy("maas360")
    yield shipped
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        for test in vars(import_module(f"{__package__}.{path.stem}")).values():
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "parametrize" and mark.args[0] == "overrides":
                    yield from (
                        Policy.of(merged(shipped.source, json.loads(json.dumps(each)))) for each in mark.args[1]
                    )


def reason(word: str) -> str:
    """Why a word need not be played; empty: it has to be."""
    model, key = word.split(":")[0].split(".")
    return next((NOT_PLAYED[name] for name in (word, f"{model}.{key}", model, key) if name in NOT_PLAYED), "")


def test_every_word_is_played_with_every_vendor_or_has_a_reason_why_not() -> None:
    played = {word for policy in played_packs() for word in words_of(policy)}
    assert sorted(word for word in all_words() - played if not reason(word)) == []


def test_the_list_of_reasons_has_no_entry_without_a_word() -> None:
    unplayed = all_words() - {word for policy in played_packs() for word in words_of(policy)}
    used = {name for word in unplayed for name in (word, *word.split(":")[0].split("."), word.split(":")[0])}
    assert sorted(set(NOT_PLAYED) - used) == []
