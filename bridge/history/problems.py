"""What can be wrong with the history of a ticket. Everything is counted and named; nothing is skipped in silence."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise

from bridge.ticket import Role, Status, Ticket


class Problem(StrEnum):
    """A kind of problem; those of ``NOT_EVALUATED`` keep a ticket from being evaluated."""

    UNREADABLE = "unreadable"
    CUT_OFF = "cut_off"
    REPEATED = "repeated"
    NO_HISTORY = "no_history"
    NOT_GOVERNED = "not_governed"
    NOT_IN_PERIOD = "not_in_period"
    FAILED = "failed"
    UNFETCHED = "unfetched"
    OUT_OF_ORDER = "out_of_order"
    UNKNOWN_PEOPLE = "unknown_people"
    UNUSABLE_VALUES = "unusable_values"

    @property
    def label(self) -> str:
        """The problem for people, after a number."""
        return _LABELS[self]

    @property
    def is_fault(self) -> bool:
        """Whether tickets are missing because of it that should be there; the others are facts about the history."""
        return self in _FAULTS


NOT_EVALUATED = frozenset(
    {
        Problem.UNREADABLE,
        Problem.REPEATED,
        Problem.NO_HISTORY,
        Problem.NOT_GOVERNED,
        Problem.NOT_IN_PERIOD,
        Problem.FAILED,
        Problem.UNFETCHED,
    }
)

_FAULTS = frozenset({Problem.UNREADABLE, Problem.CUT_OFF, Problem.NO_HISTORY, Problem.FAILED, Problem.UNFETCHED})

_LABELS = {
    Problem.UNREADABLE: "not readable as a ticket",
    Problem.CUT_OFF: "file that ends too early: its last line is missing or incomplete",
    Problem.REPEATED: "in the history twice; only the first counts",
    Problem.NO_HISTORY: "without a history of their changes, such as audits",
    Problem.NOT_GOVERNED: "governed by no policy",
    Problem.NOT_IN_PERIOD: "created after the period, or resolved before it",
    Problem.FAILED: "not evaluated because of an error",
    Problem.UNFETCHED: "not fetched",
    Problem.OUT_OF_ORDER: "with a history out of order, which was sorted by time",
    Problem.UNKNOWN_PEOPLE: "with entries by people whom the helpdesk no longer knows",
    Problem.UNUSABLE_VALUES: "with values for which no word is configured",
}


def in_order(ticket: Ticket) -> tuple[Ticket, list[Problem]]:
    """The ticket with its timeline sorted by time, and what is wrong with its history."""
    found = list(_problems(ticket))
    if Problem.OUT_OF_ORDER in found:
        ticket = ticket.model_copy(update={"timeline": tuple(sorted(ticket.timeline, key=lambda entry: entry.at))})
    return ticket, found


def _problems(ticket: Ticket) -> Iterator[Problem]:
    if not ticket.timeline and ticket.status not in (Status.NEW, Status.OPEN):
        yield Problem.NO_HISTORY
    times = [ticket.created_at, *(entry.at for entry in ticket.timeline)]
    if any(later < earlier for earlier, later in pairwise(times)):
        yield Problem.OUT_OF_ORDER
    if any(entry.actor.role is Role.UNKNOWN for entry in ticket.timeline):
        yield Problem.UNKNOWN_PEOPLE
    if ticket.unusable or any(None in (change.old, change.new) for change in ticket.changes("status")):
        yield Problem.UNUSABLE_VALUES
