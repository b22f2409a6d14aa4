"""The clocks of one ticket as a picture: where each stretch and mark stands, in per cent of the time shown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.console.action_summary import moment
from bridge.decision import ClockState
from bridge.explain import CountedClock, Explanation
from bridge.policy.calendars.business_time import EPOCH
from bridge.policy.calendars.duration import format_length
from bridge.ticket import Approval, Changed, Confirmation, Message, PhoneContact, Request, Role, Ticket, TimelineEntry

MOST_TICKS = 8
STEPS = [timedelta(minutes=n) for n in (5, 15, 30, 60, 120, 240, 480, 720)] + [timedelta(days=n) for n in (1, 2, 7, 28)]
MARGIN = 0.02


@dataclass(frozen=True)
class Bar:
    """A stretch of time in a lane."""

    x: float
    width: float
    kind: str
    """As in :data:`bridge.explain.IntervalKind`."""
    title: str


@dataclass(frozen=True)
class Mark:
    """A point in time."""

    x: float
    kind: str
    title: str


@dataclass(frozen=True)
class Lane:
    """A row of the picture: all runs of one clock, or what was said and done."""

    name: str
    bars: tuple[Bar, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Chart:
    """The whole picture; ``now`` is the instant of the decision."""

    lanes: tuple[Lane, ...]
    ticks: tuple[Mark, ...]
    now: float


def chart(ticket: Ticket, explanation: Explanation) -> Chart:
    """The picture of a decision and the ticket it was made for."""
    scale = _Scale.of(ticket, explanation)
    lanes = [
        _lane(name, explanation.clocks, scale) for name in dict.fromkeys(clock.name for clock in explanation.clocks)
    ]
    events = Lane("events", marks=tuple(_events(ticket, scale)))
    return Chart((events, *lanes), tuple(scale.ticks()), scale.x(explanation.at))


def _lane(name: str, clocks: Iterable[CountedClock], scale: _Scale) -> Lane:
    runs = [clock for clock in clocks if clock.name == name]
    return Lane(
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

    def ticks(self) -> Iterator[Mark]:
        length = self.ends - self.begins
        step = next((step for step in STEPS if length / step <= MOST_TICKS), length / MOST_TICKS)
        at = EPOCH + ((self.begins - EPOCH) // step + 1) * step
        while at < self.ends:
            is_day = step >= timedelta(days=1) or not (at.hour or at.minute)
            yield Mark(self.x(at), "tick", f"{at.day} {at:%b}" if is_day else f"{at:%H:%M}")
            at += step


def _bars(clock: CountedClock, scale: _Scale) -> Iterator[Bar]:
    for stretch in clock.intervals:
        x = scale.x(stretch.begins)
        counted = "" if stretch.kind == "paused" else f": {format_length(timedelta(seconds=stretch.seconds))}"
        title = f"{stretch.kind} {moment(stretch.begins)} to {moment(stretch.ends)}{counted}"
        yield Bar(x, round(scale.x(stretch.ends) - x, 3), stretch.kind, title)


def _ends(clock: CountedClock, scale: _Scale) -> Iterator[Mark]:
    if clock.due_at and clock.state in (ClockState.RUNNING, ClockState.BREACHED):
        yield Mark(scale.x(clock.due_at), "due", f"due {moment(clock.due_at)}")
    if clock.met_at:
        yield Mark(scale.x(clock.met_at), "met", f"met {moment(clock.met_at)}")


def _events(ticket: Ticket, scale: _Scale) -> Iterator[Mark]:
    yield Mark(scale.x(ticket.created_at), "customer", f"{moment(ticket.created_at)} created")
    for entry in ticket.timeline:
        if words := in_words(entry):
            kind = entry.actor.role if entry.actor.role is not Role.SYSTEM else "bridge"
            yield Mark(scale.x(entry.at), kind, f"{moment(entry.at)} {words}")


def in_words(entry: TimelineEntry) -> str:
    """What happened, in one line; empty for what is listed elsewhere: tags, and fields the bridge writes."""
    who = entry.actor.name or entry.actor.role
    match entry:
        case Message():
            what = "automatic reply" if entry.auto_reply else "message" if entry.public else "internal note"
            return f"{what} by {who}"
        case PhoneContact():
            return f"phone call by {who}"
        case Changed():
            if entry.field == "tags" or entry.field.startswith("field:"):
                return ""
            return f"{entry.field.replace(':', ' ')} {entry.old or '–'} → {entry.new or '–'} by {who}"
        case Approval():
            return f"{entry.gate} {'approved' if entry.granted else 'refused'} by {who}"
        case Confirmation():
            return f"{entry.subject} confirmed by {who}"
        case Request():
            return f"{entry.subject} requested by {who}"
