"""Targets: what the bridge may write on a ticket, and how records name it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, assert_never

from pydantic import BeforeValidator, PlainSerializer

from bridge.ticket import Ticket, fact_field, tag_form

TAG_PREFIX = "policy_"
"""All tags of the bridge begin with it; no other tag is ever touched."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, by its full name in the form that every helpdesk keeps: level ``Sev 1`` is ``policy_severity_sev_1``."""

    name: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", tag_form(self.name))


@dataclass(frozen=True, slots=True)
class Field:
    """A custom field that the bridge fills for people, by its canonical name."""

    name: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A custom field from which policies read a fact, by the name of the fact."""

    name: str


class SystemField(StrEnum):
    """The fields that every helpdesk has, and those that it has by itself."""

    PRIORITY = "priority"
    STATUS = "status"
    TIER = "tier"
    ASSIGNEE = "assignee"
    GROUP = "group"
    ACTIVITIES = "activities"
    """What is on people's lists; only withdrawn."""


Target = Tag | Field | Fact | SystemField

_NAMED: dict[str, type[Tag | Field | Fact]] = {"tag": Tag, "field": Field, "fact": Fact}


def target_text(target: Target) -> str:
    """A target as records and the keys of effects write it: ``tag:policy_x``, ``field:closure_at``, ``status``."""
    match target:
        case Tag(name):
            return f"tag:{name}"
        case Field(name):
            return f"field:{name}"
        case Fact(name):
            return f"fact:{name}"
        case SystemField():
            return target.value
        case _:
            assert_never(target)


def timeline_name(target: Target, ticket: Ticket) -> str:
    """Where a timeline keeps a target: tags are one list, and a field from which a fact is read is that fact."""
    match target:
        case Tag():
            return "tags"
        case Field(name) if name in ticket.facts and name not in ticket.fields:
            return fact_field(name)
        case _:
            return target_text(target)


def parse_target(text: str) -> Target:
    """The target that :func:`target_text` wrote. Raises ``ValueError`` for any other text."""
    kind, named, name = text.partition(":")
    return _NAMED[kind](name) if named and kind in _NAMED else SystemField(text)


def describe_target(target: Target) -> str:
    """A target for people: ``tag policy_x``, ``field closure_at``, ``status``."""
    return target_text(target).replace(":", " ", 1)


def _parsed(value: object) -> object:
    return parse_target(value) if isinstance(value, str) and not isinstance(value, SystemField) else value


RecordedTarget = Annotated[Target, BeforeValidator(_parsed), PlainSerializer(target_text)]
"""A target that JSON holds as :func:`target_text`."""
