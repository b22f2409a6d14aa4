"""Ways in which an edit can make a customer worse off, each a comparison of one scenario under both packs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from bridge.decision import Clock, ClockState
from bridge.history.rows import ClockRow, Row
from bridge.ticket import RESOLVED, Priority

LADDER = list(Priority)
"""Priorities, the lowest first."""


@dataclass(frozen=True)
class Course:
    """What one pack does in a scenario up to its end."""

    rows: tuple[Row, ...]
    clocks: Sequence[Clock] | Sequence[ClockRow]
    priority: Priority | None
    until: datetime

    def first(self, action: str, *values: object) -> Row | None:
        """The first row of an action with one of these values; of no values, with any."""
        return next((row for row in self.rows if row.action == action and (not values or row.value in values)), None)

    def count(self, action: str) -> int:
        return sum(row.action == action for row in self.rows)


@dataclass(frozen=True)
class Harm:
    """One way in which a customer is worse off, and the lines of a scenario that the old pack meets and the new not."""

    kind: HarmKind
    text: str
    """Old and new side by side, in words."""
    expectation: dict[str, Any]
    """Keys of a scenario: ``clocks``, ``expect``, ``never`` or ``final``."""


class HarmKind(StrEnum):
    """What must never follow from an edit, as ``--never`` names it."""

    LATER_DEADLINE = "later deadline"
    """A promise is due later, or is not made."""
    HIDDEN_BREACH = "hidden breach"
    """A promise that is broken counts as kept, or as never made."""
    MORE_CUSTOMER_MESSAGES = "more customer messages"
    FEWER_CUSTOMER_MESSAGES = "fewer customer messages"
    EARLIER_CLOSING = "earlier closing"
    LOWER_PRIORITY = "lower priority"
    LATER_ESCALATION = "later escalation"
    """A role is notified later, or not at all."""


def find_harm(old: Course, new: Course, kinds: Sequence[HarmKind]) -> Harm | None:
    """The first of some kinds of harm in a scenario; both courses have the same end."""
    for kind in kinds:
        for found in _SEARCHES[kind](old, new):
            return found
    return None


def _pairs(old: Course, new: Course) -> Iterator[tuple[Clock | ClockRow, Clock | ClockRow | None]]:
    """The clocks of both by name, the first with the first; clocks of the old that the new does not have with None."""
    rows: defaultdict[str, list[Clock | ClockRow]] = defaultdict(list)
    for clock in new.clocks:
        rows[clock.name].append(clock)
    for clock in old.clocks:
        yield clock, rows[clock.name].pop(0) if rows[clock.name] else None


def _later_deadline(old: Course, new: Course) -> Iterator[Harm]:
    for was, now in _pairs(old, new):
        if was.due_at is None or was.started_at > new.until or (now and now.due_at and now.due_at <= was.due_at):
            continue
        if now is None and was.due_at > new.until:
            continue
        then = "does not exist" if now is None else "is paused" if now.due_at is None else f"is due {_at(now.due_at)}"
        yield Harm(
            HarmKind.LATER_DEADLINE,
            f"{was.name} was due {_at(was.due_at)}, and now {then}",
            {"clocks": [{"name": was.name, "due_at": _at(was.due_at)}]},
        )


def _hidden_breach(old: Course, new: Course) -> Iterator[Harm]:
    for was, now in _pairs(old, new):
        if was.state is ClockState.BREACHED and (now is None or now.state is not ClockState.BREACHED):
            then = "does not exist" if now is None else f"is {now.state.value}"
            expected = {"name": was.name, "state": was.state.value}
            text = f"{was.name} was breached, and now {then}"
            yield Harm(HarmKind.HIDDEN_BREACH, text, {"clocks": [expected]})


def _more_messages(old: Course, new: Course) -> Iterator[Harm]:
    if new.count("public_message") > old.count("public_message"):
        yield from _additional(HarmKind.MORE_CUSTOMER_MESSAGES, old, new, "was not sent, and now is", "never")


def _fewer_messages(old: Course, new: Course) -> Iterator[Harm]:
    if new.count("public_message") < old.count("public_message"):
        yield from _additional(HarmKind.FEWER_CUSTOMER_MESSAGES, new, old, "was sent, and now is not", "expect")


def _additional(kind: HarmKind, less: Course, more: Course, what: str, section: str) -> Iterator[Harm]:
    """The first message that only one of the courses has."""
    messages = [(row.at, row.value) for row in less.rows if row.action == "public_message"]
    for row in more.rows:
        if row.action == "public_message" and (row.at, row.value) not in messages:
            expected = {"at": _at(row.at), "public_message": row.value}
            yield Harm(kind, f"the message {row.value} of {_at(row.at)} {what}", {section: [expected]})


def _earlier_closing(old: Course, new: Course) -> Iterator[Harm]:
    was, now = (course.first("set_status", *RESOLVED) for course in (old, new))
    if now and (was is None or now.at < was.at):
        before = f"was {was.value} on {_at(was.at)}" if was else "stayed open"
        text = f"the ticket {before}, and now is {now.value} on {_at(now.at)}"
        yield Harm(HarmKind.EARLIER_CLOSING, text, {"never": [{"at": _at(now.at), "set_status": str(now.value)}]})


def _lower_priority(old: Course, new: Course) -> Iterator[Harm]:
    if old.priority and (new.priority is None or LADDER.index(new.priority) < LADDER.index(old.priority)):
        text = f"the priority was {old.priority.value}, and now is {new.priority.value if new.priority else 'not set'}"
        yield Harm(HarmKind.LOWER_PRIORITY, text, {"final": {"priority": old.priority.value}})


def _later_escalation(old: Course, new: Course) -> Iterator[Harm]:
    for row in old.rows:
        if row.action != "notify":
            continue
        now = new.first("notify", row.value)
        if (now is None or now.at > row.at) and old.first("notify", row.value) is row:
            then = f"on {_at(now.at)}" if now else "not at all"
            text = f"the {row.value} was notified on {_at(row.at)}, and now {then}"
            yield Harm(HarmKind.LATER_ESCALATION, text, {"expect": [{"at": _at(row.at), "notify": str(row.value)}]})


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


_SEARCHES: dict[HarmKind, Callable[[Course, Course], Iterator[Harm]]] = {
    HarmKind.LATER_DEADLINE: _later_deadline,
    HarmKind.HIDDEN_BREACH: _hidden_breach,
    HarmKind.MORE_CUSTOMER_MESSAGES: _more_messages,
    HarmKind.FEWER_CUSTOMER_MESSAGES: _fewer_messages,
    HarmKind.EARLIER_CLOSING: _earlier_closing,
    HarmKind.LOWER_PRIORITY: _lower_priority,
    HarmKind.LATER_ESCALATION: _later_escalation,
}
