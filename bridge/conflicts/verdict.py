"""What was found of a helpdesk's own rules: conflicts with an example each, and what to do about them. Pure data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from mappings.native_rules import Source


class ConflictKind(StrEnum):
    """How a rule of the helpdesk and a policy get in each other's way."""

    FIGHTS = "fights"
    """They want different things of the same part of the ticket."""
    DOUBLES = "doubles"
    """Both do the same, so that it is done twice or nobody knows who did it."""
    HINDERS = "hinders"
    """What the rule does keeps the policy from doing its part."""


class Proposal(StrEnum):
    """What to do about a conflict."""

    SWITCH_OFF = "switch off"
    EXCLUDE = "exclude by tag"
    CHANGE_PACK = "change the pack"


@dataclass(frozen=True)
class Doing:
    """What one side does, and when."""

    at: datetime
    what: str
    clause: str = ""
    """Of the policy only."""

    def __str__(self) -> str:
        clause = f" ({self.clause})" if self.clause else ""
        return f"{self.what}{clause} at {self.at:%Y-%m-%d %H:%M} UTC"

    def as_json(self) -> dict[str, Any]:
        """Plain values, for ``--json``."""
        clause = {"clause": self.clause} if self.clause else {}
        return {"at": f"{self.at:%Y-%m-%dT%H:%M:%SZ}", "what": self.what, **clause}


@dataclass(frozen=True)
class Conflict:
    """A conflict of one rule with one policy about one thing, with the first scenario that shows it."""

    kind: ConflictKind
    about: str
    """``priority``, ``message to the customer``, ``tag policy_x``, ``first reply time`` ..."""
    rule_does: Doing
    policy_does: Doing
    rule_is_first: bool
    pack: str
    scenario: str
    given: str = ""
    """What the scenario's ticket was given so that the rule acts on it; empty: nothing."""
    scenarios: int = 1
    """How many scenarios show it."""

    @property
    def first(self) -> str:
        """Who acts first."""
        return "the rule" if self.rule_is_first else "the policy"

    def as_json(self) -> dict[str, Any]:
        """Plain values, for ``--json``."""
        return {
            "kind": self.kind,
            "about": self.about,
            "first": "rule" if self.rule_is_first else "policy",
            "rule": self.rule_does.as_json(),
            "policy": self.policy_does.as_json(),
            "pack": self.pack,
            "scenario": self.scenario,
            "given": self.given,
            "scenarios": self.scenarios,
        }


@dataclass(frozen=True)
class Verdict:
    """What was found of one rule that is switched on."""

    source: Source
    digest: str
    """Of the rule as it was examined."""
    conflicts: tuple[Conflict, ...] = ()
    not_examined: str = ""
    """Why nothing can be said; empty: it was played."""
    can_be_switched_off: bool = True
    acts_otherwise: bool = False
    """Whether it also does what is in no conflict, so that switching it off would lose something."""
    advice: str = ""
    """What to do, as a sentence; empty where there is no conflict."""
    proposal: Proposal | None = None

    @property
    def is_clear(self) -> bool:
        """Whether it was examined and is in no conflict."""
        return not (self.conflicts or self.not_examined)

    def as_json(self) -> dict[str, Any]:
        """Plain values, for ``--json``."""
        return {
            "kind": self.source.kind,
            "id": self.source.id,
            "title": self.source.title,
            "conflicts": [each.as_json() for each in self.conflicts],
            "not_examined": self.not_examined,
            "proposal": self.proposal,
            "advice": self.advice,
        }


def in_conflict(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The rules that are in conflict with a policy."""
    return [each for each in verdicts if each.conflicts]


def not_examined(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The rules of which nothing can be said."""
    return [each for each in verdicts if each.not_examined]
