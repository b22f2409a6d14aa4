"""What can be wrong with the history of a ticket. Everything is counted and named; nothing is skipped in silence."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise

from bridge.ticket import Role, Status, Ticket


class HistoryProblem(StrEnum):
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
        HistoryProblem.UNREADABLE,
        HistoryProblem.REPEATED,
        HistoryProblem.NO_HISTORY,
        HistoryProblem.NOT_GOVERNED,
        HistoryProblem.NOT_IN_PERIOD,
        HistoryProblem.FAILED,
        HistoryProblem.UNFETCHED,
    }
)

_FAULTS = frozenset(
    {
        HistoryProblem.UNREADABLE,
        HistoryProblem.CUT_OFF,
        HistoryProblem.NO_HISTORY,
        HistoryProblem.FAILED,
        HistoryProblem.UNFETCHED,
    }
)

_LABELS = {
    HistoryProblem.UNREADABLE: "not readable as a ticket",
    HistoryProblem.CUT_OFF: "file that ends too early: its last line is missing or incomplete",
    HistoryProblem.REPEATED: "in the history twice; only the first counts",
    HistoryProblem.NO_HISTORY: "without a history of their changes, such as audits",
    HistoryProblem.NOT_GOVERNED: "governed by no policy",
    HistoryProblem.NOT_IN_PERIOD: "created after the period, or resolved before it",
    HistoryProblem.FAILED: "not evaluated because of an error",
    HistoryProblem.UNFETCHED: "not fetched",
    HistoryProblem.OUT_OF_ORDER: "with a history out of order, which was sorted by time",
    HistoryProblem.UNKNOWN_PEOPLE: "with entries by people whom the helpdesk no longer knows",
    HistoryProblem.UNUSABLE_VALUES: "with values for which no word is configured",
}


def in_order(ticket: Ticket) -> tuple[Ticket, list[HistoryProblem]]:
    """The ticket with its timeline sorted by time, and what is wrong with its history."""
    found = list(_problems(ticket))
    if HistoryProblem.OUT_OF_ORDER in found:
        ticket = ticket.model_copy(update={"timeline": tuple(sorted(ticket.timeline, key=lambda entry: entry.at))})
    return ticket, found


def _problems(ticket: Ticket) -> Iterator[HistoryProblem]:
    if not ticket.timeline and ticket.status not in (Status.NEW, Status.OPEN):
        yield HistoryProblem.NO_HISTORY
    times = [ticket.created_at, *(entry.at for entry in ticket.timeline)]
    if any(later < earlier for earlier, later in pairwise(times)):
        yield HistoryProblem.OUT_OF_ORDER
    if any(entry.actor.role is Role.UNKNOWN for entry in ticket.timeline):
        yield HistoryProblem.UNKNOWN_PEOPLE
    if ticket.unusable or any(None in (change.old, change.new) for change in ticket.changes("status")):
        yield HistoryProblem.UNUSABLE_VALUES
