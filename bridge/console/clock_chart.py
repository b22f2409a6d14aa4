"""The clocks of one ticket as a chart: positions of its bars and marks, in percent of the time shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.console.action_summary import moment
from bridge.decision import ClockState
from bridge.explain import CountedClock, Explanation
from bridge.policy.calendars.business_time import EPOCH
from bridge.policy.calendars.duration import readable
from bridge.ticket import (
    OWN_FIELD,
    Amendment,
    Approval,
    Changed,
    Confirmation,
    FactValue,
    Merge,
    Message,
    PhoneContact,
    Readability,
    Request,
    Role,
    Ticket,
    TimelineEntry,
)

MOST_TICKS = 8
STEPS = [timedelta(minutes=n) for n in (5, 15, 30, 60, 120, 240, 480, 720)] + [timedelta(days=n) for n in (1, 2, 7, 28)]
MARGIN = 0.02


@dataclass(frozen=True)
class Bar:
    """An interval in a row."""

    x: float
    width: float
    kind: str
    """As in :data:`bridge.explain.IntervalKind`."""
    title: str


@dataclass(frozen=True)
class ChartMark:
    """A point in time."""

    x: float
    kind: str
    title: str


@dataclass(frozen=True)
class ChartRow:
    """A row of the chart: all runs of one clock, or the events of the ticket."""

    name: str
    bars: tuple[Bar, ...] = ()
    marks: tuple[ChartMark, ...] = ()


@dataclass(frozen=True)
class Chart:
    """The whole chart; ``now`` is the instant of the decision."""

    rows: tuple[ChartRow, ...]
    ticks: tuple[ChartMark, ...]
    now: float


def chart(ticket: Ticket, explanation: Explanation) -> Chart:
    """The chart of a decision and its ticket."""
    scale = _Scale.of(ticket, explanation)
    rows = [
        _clock_row(name, explanation.clocks, scale)
        for name in dict.fromkeys(clock.name for clock in explanation.clocks)
    ]
    events = ChartRow("events", marks=tuple(_events(ticket, scale)))
    return Chart((events, *rows), tuple(scale.ticks()), scale.x(explanation.at))


def _clock_row(name: str, clocks: Iterable[CountedClock], scale: _Scale) -> ChartRow:
    runs = [clock for clock in clocks if clock.name == name]
    return ChartRow(
        name.replace("_", " "),
        tuple(bar for clock in runs for bar in _bars(clock, scale)),
        tuple(mark for clock in runs for mark in _ends(clock, scale)),
    )


@dataclass(frozen=True)
class _Scale:
    begins: datetime
    ends: datetime

    @classmethod
    def of(cls, ticket: Ticket, explanation: Explanation) -> _Scale:
        dues = [clock.due_at for clock in explanation.clocks if clock.due_at and clock.state is ClockState.RUNNING]
        ends = max([explanation.at, ticket.created_at + STEPS[0], *dues])
        margin = (ends - ticket.created_at) * MARGIN
        return cls(ticket.created_at - margin, ends + margin)

    def x(self, at: datetime) -> float:
        return round(100 * ((at - self.begins) / (self.ends - self.begins)), 3)

    def ticks(self) -> Iterator[ChartMark]:
        length = self.ends - self.begins
        step = next((step for step in STEPS if length / step <= MOST_TICKS), length / MOST_TICKS)
        at = EPOCH + ((self.begins - EPOCH) // step + 1) * step
        while at < self.ends:
            is_day = step >= timedelta(days=1) or not (at.hour or at.minute)
            yield ChartMark(self.x(at), "tick", f"{at.day} {at:%b}" if is_day else f"{at:%H:%M}")
            at += step


def _bars(clock: CountedClock, scale: _Scale) -> Iterator[Bar]:
    for interval in clock.intervals:
        x = scale.x(interval.begins)
        counted = "" if interval.kind == "paused" else f": {readable(interval.seconds)}"
        kind = "remaining" if interval.kind == "ahead" else interval.kind
        title = f"{kind} {moment(interval.begins)} to {moment(interval.ends)}{counted}"
        yield Bar(x, round(scale.x(interval.ends) - x, 3), interval.kind, title)


def _ends(clock: CountedClock, scale: _Scale) -> Iterator[ChartMark]:
    if clock.due_at and clock.state in (ClockState.RUNNING, ClockState.BREACHED):
        yield ChartMark(scale.x(clock.due_at), "due", f"due {moment(clock.due_at)}")
    if clock.met_at:
        yield ChartMark(scale.x(clock.met_at), "met", f"met {moment(clock.met_at)}")


def _events(ticket: Ticket, scale: _Scale) -> Iterator[ChartMark]:
    yield ChartMark(scale.x(ticket.created_at), "customer", f"{moment(ticket.created_at)} created")
    for entry in ticket.timeline:
        if text := describe(entry):
            kind = entry.actor.role if entry.actor.role is not Role.SYSTEM else "bridge"
            yield ChartMark(scale.x(entry.at), kind, f"{moment(entry.at)} {text}")


def describe(entry: TimelineEntry) -> str:
    """A timeline entry in one line; empty for tags and display fields, which are listed elsewhere."""
    who = entry.actor.name or entry.actor.role
    match entry:
        case Message():
            what = "automatic reply" if entry.auto_reply else "message" if entry.public else "internal note"
            return f"{what} by {who}"
        case PhoneContact():
            return f"phone call by {who}" if entry.answered else f"unanswered phone call by {who}"
        case Readability():
            return f"{entry.where or 'the conversation'} {'can be read again' if entry.readable else 'cannot be read'}"
        case Changed():
            if entry.field == "tags" or entry.field.startswith(OWN_FIELD):
                return ""
            return _change(entry) + f" by {who}"
        case Amendment():
            return f"{_amended(entry)} by {entry.actor.email or who}: {entry.reason or 'no reason'}"
        case _:
            return f"{_act(entry)} by {who}"


def _act(entry: Approval | Confirmation | Request | Merge) -> str:
    match entry:
        case Approval():
            return f"{entry.gate} {'approved' if entry.granted else 'refused'}"
        case Confirmation():
            return f"{entry.subject} confirmed"
        case Request():
            return f"{entry.subject} requested"
        case Merge():
            return f"#{entry.source} merged into this ticket"


def _amended(entry: Amendment) -> str:
    until = f" until {entry.until:%Y-%m-%d %H:%M} UTC" if entry.until else ""
    return " ".join(filter(None, (entry.what, entry.clock.replace("_", " ")))) + until


def _change(entry: Changed) -> str:
    name = entry.field.replace(":", " ")
    if not entry.new:
        return f"{name} cleared"
    old, new = (_value(entry, value) for value in (entry.old, entry.new))
    return f"{name} changed from {old} to {new}" if entry.old else f"{name} set to {new}"


def _value(entry: Changed, value: FactValue) -> FactValue:
    """A value of a change; statuses without underscores, and a group that no name is configured for by its number."""
    if not isinstance(value, str):
        return value
    if entry.field == "group" and value.isdecimal():
        return f"the group with id {value}"
    return value.replace("_", " ") if entry.field == "status" else value
