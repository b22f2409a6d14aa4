"""Targets in sentences that can be said in the languages of the program."""

from __future__ import annotations

from typing import assert_never

from bridge.decision.targets import Fact, Field, SystemField, Tag, Target
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.evaluation.terms import term


def target_words(target: Target) -> str:
    """A target for people: ``tag policy_x``, ``field closure at``, ``status``."""
    match target:
        case Tag(name):
            return Sentence("tag %(name)s", name=name)
        case Field(name):
            return Sentence("field %(name)s", name=name.replace("_", " "))
        case Fact(name):
            return Sentence("fact %(name)s", name=name.replace("_", " "))
        case SystemField():
            return term(target.value)
        case _:
            assert_never(target)
