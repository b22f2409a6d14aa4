"""Digests as text: the clocks that are overdue, or due within a length of time. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from bridge.catalogue import counted, translator
from bridge.decision import Clock
from bridge.policy.evaluation.reader import as_written, base_of
from bridge.report.inputs import ReviewedTicket


@dataclass(frozen=True)
class DueClock:
    """A clock of a ticket that is overdue, or due soon."""

    due_at: datetime
    clock: str
    is_overdue: bool
    ticket: str
    """Number, subject and account, for people."""
    url: str


def due_clocks(each: ReviewedTicket, until: datetime, now: datetime, url: str) -> list[DueClock]:
    """The clocks of a ticket that still run and are due by an instant."""
    ticket = each.ticket
    account = each.account.name or ticket.account or ""
    title = f"#{ticket.number or ticket.ref.id} {ticket.subject}{f' ({account})' if account else ''}"
    return [
        DueClock(clock.due_at, clock.name.replace("_", " "), clock.due_at <= now, title, url)
        for clock in each.decision.clocks
        if clock.due_at and clock.due_at <= until and _runs(clock)
    ]


def _runs(clock: Clock) -> bool:
    return clock.ended_at is None or clock.is_overdue


@dataclass(frozen=True)
class DigestText:
    """A digest in words."""

    language: str
    zone: ZoneInfo
    title: str
    """Of the policy."""
    words: Mapping[str, str] = field(default_factory=dict)
    """The pack's own, in the language."""

    def subject(self, due: Sequence[DueClock]) -> str:
        """How many clocks are overdue or due."""
        number = counted(base_of(self.language), "%(number)s clock due", "%(number)s clocks due", len(due))
        return f"{self.title}: {number}"

    def body(self, due: Iterable[DueClock], until: datetime) -> str:
        """A line for each clock, the longest overdue first."""
        _ = translator(base_of(self.language))
        lines = [self._line(each) for each in sorted(due, key=lambda each: (each.due_at, each.ticket))]
        if not lines:
            return _("Nothing is due until %(time)s.", time=self._written(until))
        return "\n".join([_("Overdue, or due until %(time)s:", time=self._written(until)), "", *lines])

    def _line(self, each: DueClock) -> str:
        _ = translator(base_of(self.language))
        words = {"clock": self.words.get(each.clock, each.clock), "time": self._written(each.due_at)}
        due = (
            _("%(clock)s overdue since %(time)s", **words) if each.is_overdue else _("%(clock)s due %(time)s", **words)
        )
        return f"- {each.ticket}: {due}\n  {each.url}"

    def _written(self, at: datetime) -> object:
        return as_written(at, self.language, self.zone)
