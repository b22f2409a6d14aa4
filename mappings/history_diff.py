"""Completes a timeline by comparing a ticket with its last snapshot, for vendors without a full history. Pure.

A change that the vendor did not record is entered as ``observed`` when it is first seen, and kept from then on. The
bridge knows its own writes from its log on the ticket; all other changes are attributed to whoever changed the ticket
last.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from bridge.ticket import (
    FACT_FIELD,
    OWN_FIELD,
    Actor,
    Changed,
    FactValue,
    Role,
    Ticket,
    TimelineEntry,
    own_field,
    same_form,
)
from mappings import event_marks
from mappings.coercion import text_of
from mappings.event_marks import EVIDENCE, MARK

_FIELDS = ("status", "priority", "type", "assignee", "group", "tier", "tags")
_FACT, _DISPLAY = FACT_FIELD, OWN_FIELD

_SAME_MOMENT = timedelta(seconds=2)
"""How far the times of two records of the same change may differ."""

Values = dict[str, FactValue]


@dataclass(frozen=True)
class BridgeWrite:
    """One write of the bridge, from its own log."""

    at: datetime
    keys: tuple[str, ...]
    values: Values
    """Timeline field -> value; tags are left out."""
    tags: Mapping[str, bool] = dataclass_field(default_factory=dict)
    """Tag -> whether it was added, else removed."""


@dataclass(frozen=True)
class LastChange:
    """The last change of a ticket by anybody, which is the best guess for changes without history."""

    at: datetime
    actor: Actor
    since: Mapping[str, datetime] = dataclass_field(default_factory=dict)
    """Timeline field -> since when it has had its current value, if the vendor records that."""


Moment = TypeVar("Moment", bound=TimelineEntry | BridgeWrite)


def with_observed_changes(
    ticket: Ticket,
    before: Ticket | None,
    latest: LastChange,
    *,
    bridge: Actor,
    ours: Sequence[BridgeWrite] = (),
    marked: Collection[str] = (),
    gone: Collection[str] = (),
) -> Ticket:
    """The ticket with a complete timeline that leads to its current values.

    ``ticket``: with the entries that the vendor has a record of; for a change of ``mark:<name>`` the event is added
    here. ``before``: what this function returned for the ticket last time; None: current values count since creation
    unless ``latest`` knows better. ``ours``: writes of the ``bridge``, oldest first. ``marked``: names of the marks
    that are set now. ``gone``: display fields that the vendor no longer has, which nobody has emptied.
    """
    proofs = [Changed(at=write.at, actor=bridge, keys=write.keys, field=EVIDENCE) for write in ours]
    latest = _snapped_to_creation(latest, ticket.created_at)
    found = [] if before else _initial_changes(ticket, latest, bridge, ours)
    entries = _by_time([*ticket.timeline, *proofs, *_carried(ticket, before), *found])
    replay = _Replay(_values_of(ticket, marked), _initial_values(ticket, before, entries))
    writes = _writes_since(ours, before)
    for moment in _by_time([*entries, *writes]):
        if isinstance(moment, BridgeWrite):
            replay.add_write(moment, bridge)
        else:
            replay.add(moment)
    shown = {own_field(name) for name in before.fields} if before else set()
    replay.add_differences(latest, (shown | {name for write in writes for name in write.values}) - set(gone))
    return ticket.model_copy(update={"timeline": tuple(_without_old_display_changes(_by_time(replay.timeline)))})


class _Replay:
    """Replays a timeline on the values of one ticket, and collects the entries."""

    def __init__(self, present: Values, first: Values) -> None:
        marks_unset = {field: None for field in present if field.startswith(MARK)}
        self.timeline: list[TimelineEntry] = []
        self._present = present
        self._values = present | marks_unset | first
        self._changed_at: dict[str, datetime] = {}

    def add(self, entry: TimelineEntry) -> None:
        """Take a known entry. A change that another source has already reported is left out."""
        if isinstance(entry, Changed) and entry.field != EVIDENCE:
            self._change(entry)
        else:
            self.timeline.append(entry)

    def add_write(self, write: BridgeWrite, bridge: Actor) -> None:
        """Take the changes of one of our writes."""
        values = {field: value or None for field, value in write.values.items()}
        tags = {name for name in str(self._values.get("tags") or "").split(",") if name}
        for tag, is_added in write.tags.items():
            (tags.add if is_added else tags.discard)(tag)
        for field, value in (values | {"tags": ",".join(sorted(tags))}).items():
            present = self._present.get(field)
            new = present if _same(field, present, value) else value
            self._change(Changed(at=write.at, actor=bridge, keys=write.keys, observed=True, field=field, new=new))

    def add_differences(self, latest: LastChange, shown: Collection[str]) -> None:
        """Enter the differences that no source has reported; only display fields in ``shown`` can have been emptied."""
        unset = [field for field in self._values if field.startswith(MARK) or field in shown]
        for field in dict.fromkeys([*self._present, *unset]):
            at = latest.since.get(field, latest.at)
            at = max(at, self._changed_at.get(field, at))
            new = self._present.get(field)
            self._change(Changed(at=at, actor=latest.actor, observed=True, field=field, new=new))

    def _change(self, change: Changed) -> None:
        old = self._values.get(change.field)
        if _same(change.field, old, change.new):
            return
        self._values[change.field] = change.new
        self._changed_at[change.field] = change.at
        self.timeline.append(change.model_copy(update={"old": old}))
        if change.field.startswith(MARK) and change.new:
            common: dict[str, Any] = {name: getattr(change, name) for name in ("at", "actor", "keys", "observed")}
            self.timeline.append(event_marks.entry_of(change.field.removeprefix(MARK), **common))


def _values_of(ticket: Ticket, marked: Collection[str] = ()) -> Values:
    """The values of a ticket; display fields and marks that are not set are missing."""
    return (
        {field: ticket.value(field) for field in _FIELDS}
        | {f"{_FACT}{name}": value for name, value in ticket.facts.items()}
        | {f"{_DISPLAY}{name}": value for name, value in ticket.fields.items()}
        | {f"{MARK}{name}": True for name in marked}
    )


def _initial_values(ticket: Ticket, before: Ticket | None, entries: Iterable[TimelineEntry]) -> Values:
    """The values at creation, where they differ from the current ones."""
    known: Values = {}
    if before:
        known = {f"{_DISPLAY}{name}": None for name in ticket.fields} | _values_of(before)
    changes = [entry for entry in entries if isinstance(entry, Changed) and entry.field != EVIDENCE]
    return known | {change.field: change.old for change in reversed(changes)}


def _carried(ticket: Ticket, before: Ticket | None) -> list[Changed]:
    """The changes that only the last snapshot knows; all of them if the vendor no longer returns any history."""
    silent = not any(isinstance(entry, Changed) for entry in ticket.timeline)
    changes = [entry for entry in (before.timeline if before else ()) if isinstance(entry, Changed)]
    return [
        change
        for change in changes
        if change.field != EVIDENCE
        and (change.observed or silent or change.field in ticket.unusable)
        and (not change.field.startswith(_FACT) or change.field.removeprefix(_FACT) in ticket.facts)
    ]


def _snapped_to_creation(latest: LastChange, created_at: datetime) -> LastChange:
    """Times close to the creation become the creation itself, whether or not the bridge saw the ticket then.

    The key of a message contains a time, so two times for the same change would mean two messages.
    """
    since = {name: created_at if at - created_at < _SAME_MOMENT else at for name, at in latest.since.items()}
    return replace(latest, since=since)


def _initial_changes(
    ticket: Ticket, latest: LastChange, bridge: Actor, ours: Sequence[BridgeWrite]
) -> Iterator[Changed]:
    """Since when fields have had their current values. Only our own log knows whether the bridge set them."""
    recorded = {entry.field for entry in ticket.timeline if isinstance(entry, Changed)}
    for name, at in latest.since.items():
        if name in recorded or at == ticket.created_at:
            continue
        present = ticket.value(name)
        by_us = [w for w in ours if _same(name, w.values.get(name), present) and abs(w.at - at) < _SAME_MOMENT]
        write = by_us[-1] if by_us else BridgeWrite(at, (), {})
        actor = bridge if by_us else Actor(role=Role.SYSTEM)
        yield Changed(at=write.at, actor=actor, keys=write.keys, observed=True, field=name, new=present)


def _writes_since(ours: Sequence[BridgeWrite], before: Ticket | None) -> list[BridgeWrite]:
    """Our writes since the last snapshot; none without one, because the values they replaced are unknown."""
    if before is None:
        return []
    seen = {(e.at, e.keys) for e in before.timeline if isinstance(e, Changed) and e.field == EVIDENCE}
    return [write for write in ours if (write.at, write.keys) not in seen]


def _without_old_display_changes(timeline: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The timeline with only the last change of each display field: they change often, and no rule reads them."""
    last = {entry.field: entry for entry in timeline if isinstance(entry, Changed)}
    return [
        entry
        for entry in timeline
        if not (isinstance(entry, Changed) and entry.field.startswith(_DISPLAY) and entry is not last[entry.field])
    ]


def _by_time(moments: Iterable[Moment]) -> list[Moment]:
    return sorted(moments, key=lambda moment: moment.at)


def _same(field: str, one: FactValue, other: FactValue) -> bool:
    """Whether a field has one value; a display field shows people the title of what our log has as a name."""
    return text_of(one) == text_of(other) or (field.startswith(_DISPLAY) and same_form(one, other))
