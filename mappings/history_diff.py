"""What a vendor keeps no history of, made out by comparing a ticket with how it was seen last. Pure, of no vendor.

A change that nobody recorded is noted when it is first seen, as ``observed``, and carried along from then on. What the
bridge wrote itself it knows by its own record on the ticket; the rest is put down to who touched the ticket last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bridge.decision.effects import PRESENT
from bridge.ticket import Actor, Changed, FactValue, Role, Ticket, TimelineEntry
from mappings import event_marks
from mappings.coercion import text_of
from mappings.event_marks import EVIDENCE, MARK

_FIELDS = ("status", "priority", "type", "assignee", "group", "tier", "tags")
_FACT, _DISPLAY, _TAG = "fact:", "field:", "tag:"

_AT_ONCE = timedelta(seconds=2)
"""Within which two records of one change, or of a creation, may differ."""

Values = dict[str, FactValue]


@dataclass(frozen=True)
class BridgeWrite:
    """One write of the bridge, by its own record."""

    at: datetime
    keys: tuple[str, ...]
    values: Values
    """Timeline field -> value; ``tag:<name>`` is ``present`` or empty."""


@dataclass(frozen=True)
class LastChange:
    """The last change of a ticket by anybody: the best that is known of a change without history."""

    at: datetime
    actor: Actor
    since: Mapping[str, datetime] = dataclass_field(default_factory=dict)
    """Timeline field -> since when it has its present value, where the vendor tells that much."""


Moment = TypeVar("Moment", bound=TimelineEntry | BridgeWrite)


def with_observed_changes(
    ticket: Ticket,
    before: Ticket | None,
    latest: LastChange,
    *,
    bridge: Actor,
    ours: Sequence[BridgeWrite] = (),
    marked: Collection[str] = (),
) -> Ticket:
    """The ticket with a complete timeline, consistent with its present values.

    ``ticket`` has what the vendor can prove; a change of ``mark:<name>`` gets its meaning here. ``before`` is what this
    function made of the ticket the last time; None: present values count since creation, unless ``latest`` knows
    better. ``ours``: writes of the ``bridge``, oldest first. ``marked``: names of the marks that are set now.
    """
    proofs = [Changed(at=write.at, actor=bridge, keys=write.keys, field=EVIDENCE) for write in ours]
    latest = _from_creation_on(latest, ticket.created_at)
    found = [] if before else _before_the_first_look(ticket, latest, bridge, ours)
    entries = _by_time([*ticket.timeline, *proofs, *_carried(ticket, before), *found])
    course = _Reconstruction(_present(ticket, marked), _first(ticket, before, entries))
    for moment in _by_time([*entries, *_unseen(ours, before)]):
        if isinstance(moment, BridgeWrite):
            course.write(moment, bridge)
        else:
            course.take(moment)
    course.settle(latest)
    return ticket.model_copy(update={"timeline": tuple(_without_old_displays(_by_time(course.timeline)))})


class _Reconstruction:
    """The values of one ticket, run through its timeline."""

    def __init__(self, present: Values, first: Values) -> None:
        marks_unset = {field: None for field in present if field.startswith(MARK)}
        self.timeline: list[TimelineEntry] = []
        self._present = present
        self._values = present | marks_unset | first
        self._changed_at: dict[str, datetime] = {}

    def take(self, entry: TimelineEntry) -> None:
        """An entry that is known; a change that was told already, by another source, is left out."""
        if isinstance(entry, Changed) and entry.field != EVIDENCE:
            self._change(entry)
        else:
            self.timeline.append(entry)

    def write(self, write: BridgeWrite, bridge: Actor) -> None:
        """What a write of ours changed."""
        values = {field: value or None for field, value in write.values.items() if not field.startswith(_TAG)}
        tags = {name for name in str(self._values.get("tags") or "").split(",") if name}
        for field, value in write.values.items():
            if field.startswith(_TAG):
                (tags.add if value == PRESENT else tags.discard)(field.removeprefix(_TAG))
        for field, value in (values | {"tags": ",".join(sorted(tags))}).items():
            now = self._present.get(field)
            new = now if _same(now, value) else value
            self._change(Changed(at=write.at, actor=bridge, keys=write.keys, observed=True, field=field, new=new))

    def settle(self, latest: LastChange) -> None:
        """What is different now and nobody has told."""
        gone = [field for field in self._values if field.startswith((MARK, _DISPLAY))]
        for field in dict.fromkeys([*self._present, *gone]):
            at = latest.since.get(field, latest.at)
            at = max(at, self._changed_at.get(field, at))
            new = self._present.get(field)
            self._change(Changed(at=at, actor=latest.actor, observed=True, field=field, new=new))

    def _change(self, change: Changed) -> None:
        old = self._values.get(change.field)
        if _same(old, change.new):
            return
        self._values[change.field] = change.new
        self._changed_at[change.field] = change.at
        self.timeline.append(change.model_copy(update={"old": old}))
        if change.field.startswith(MARK) and change.new:
            common: dict[str, Any] = {name: getattr(change, name) for name in ("at", "actor", "keys", "observed")}
            self.timeline.append(event_marks.entry(change.field.removeprefix(MARK), **common))


def _present(ticket: Ticket, marked: Collection[str] = ()) -> Values:
    """The values a ticket holds; a display field or mark that is not set has none."""
    return (
        {field: ticket.value(field) for field in _FIELDS}
        | {f"{_FACT}{name}": value for name, value in ticket.facts.items()}
        | {f"{_DISPLAY}{name}": value for name, value in ticket.fields.items()}
        | {f"{MARK}{name}": True for name in marked}
    )


def _first(ticket: Ticket, before: Ticket | None, entries: Iterable[TimelineEntry]) -> Values:
    """The values at creation, as far as they are not the present ones."""
    known: Values = {}
    if before:
        known = {f"{_DISPLAY}{name}": None for name in ticket.fields} | _present(before)
    changes = [entry for entry in entries if isinstance(entry, Changed) and entry.field != EVIDENCE]
    return known | {change.field: change.old for change in reversed(changes)}


def _carried(ticket: Ticket, before: Ticket | None) -> list[Changed]:
    """The changes that only the last look can tell; all of them where the vendor shows no history any more."""
    silent = not any(isinstance(entry, Changed) for entry in ticket.timeline)
    changes = [entry for entry in (before.timeline if before else ()) if isinstance(entry, Changed)]
    return [
        change
        for change in changes
        if change.field != EVIDENCE
        and (change.observed or silent)
        and (not change.field.startswith(_FACT) or change.field.removeprefix(_FACT) in ticket.facts)
    ]


def _from_creation_on(latest: LastChange, created_at: datetime) -> LastChange:
    """What came with the creation counts from it, whether the bridge saw it come or found it there.

    A message's key holds the instant of its occasion: two readings of one instant would be two messages.
    """
    since = {name: created_at if at - created_at < _AT_ONCE else at for name, at in latest.since.items()}
    return replace(latest, since=since)


def _before_the_first_look(
    ticket: Ticket, latest: LastChange, bridge: Actor, ours: Sequence[BridgeWrite]
) -> Iterator[Changed]:
    """When fields got the values they have; what they were before and who changed them, only our record may tell."""
    told = {entry.field for entry in ticket.timeline if isinstance(entry, Changed)}
    for name, at in latest.since.items():
        if name in told or at == ticket.created_at:
            continue
        held = ticket.value(name)
        by_us = [w for w in ours if _same(w.values.get(name), held) and abs(w.at - at) < _AT_ONCE]
        write = by_us[-1] if by_us else BridgeWrite(at, (), {})
        actor = bridge if by_us else Actor(role=Role.SYSTEM)
        yield Changed(at=write.at, actor=actor, keys=write.keys, observed=True, field=name, new=held)


def _unseen(ours: Sequence[BridgeWrite], before: Ticket | None) -> list[BridgeWrite]:
    """Our writes since the last look; at the first one nothing is known of what they replaced."""
    if before is None:
        return []
    seen = {(e.at, e.keys) for e in before.timeline if isinstance(e, Changed) and e.field == EVIDENCE}
    return [write for write in ours if (write.at, write.keys) not in seen]


def _without_old_displays(timeline: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """Of a display field the last change is enough: the bridge writes it at every turn, and nothing is judged by it."""
    last = {entry.field: entry for entry in timeline if isinstance(entry, Changed)}
    return [
        entry
        for entry in timeline
        if not (isinstance(entry, Changed) and entry.field.startswith(_DISPLAY) and entry is not last[entry.field])
    ]


def _by_time(moments: Iterable[Moment]) -> list[Moment]:
    return sorted(moments, key=lambda moment: moment.at)


def _same(one: FactValue, other: FactValue) -> bool:
    return text_of(one) == text_of(other)
