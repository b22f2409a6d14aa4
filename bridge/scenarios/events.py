"""The events of a scenario as they happen at a helpdesk."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.scenarios.language import Event, MergedTicket
from bridge.scenarios.resolve import ResolvedScenario
from bridge.ticket import (
    Amendment,
    Approval,
    Confirmation,
    Entry,
    Message,
    PhoneContact,
    Readability,
    Request,
    TicketRef,
    TimelineEntry,
)


def apply_event(scenario: ResolvedScenario, event: Event, helpdesk: InMemoryHelpdesk) -> None:
    """Record an event at the helpdesk's present instant, its parts in the order of :class:`Event`."""
    actor, at = scenario.actor(event.by), helpdesk.now
    for text, public in ((event.reply, True), (event.note, False)):
        if text is not None:
            back_at, on_day = scenario.back_at(event)
            said = Message(at=at, actor=actor, public=public, text=text, auto_reply=event.auto_reply)
            helpdesk.record(said.model_copy(update={"back_at": back_at, "back_on_day": on_day}))
    if event.phone_contact:
        helpdesk.record(PhoneContact(at=at, actor=actor, answered=event.phone_contact != "unanswered"))
    if event.conversation:
        helpdesk.record(
            Readability(at=at, actor=actor, readable=event.conversation == "readable", where="a conversation")
        )
    for field, value in scenario.changes(event.set_) if event.set_ else ():
        helpdesk.change(field, value, actor)
    if event.merge:
        helpdesk.merge(_merged(scenario, event.merge), actor)
    for gate, granted in ((event.approve, True), (event.refuse, False)):
        if gate:
            proof = event.proof or "helpdesk"
            helpdesk.record(Approval(at=at, actor=actor, gate=gate, granted=granted, remarks=event.with_, proof=proof))
    for entry in (*_marks(event, Entry(at=at, actor=actor)), *_amendments(scenario, event, Entry(at=at, actor=actor))):
        helpdesk.record(entry)


def _merged(scenario: ResolvedScenario, merged: MergedTicket) -> InMemoryHelpdesk:
    """A ticket of the same requester that is about to be merged, with what was said on it."""
    ref = TicketRef(connection=scenario.ticket.ref.connection, id=merged.id)
    source = InMemoryHelpdesk(scenario.ticket.model_copy(update={"ref": ref, "created_at": merged.at}))
    for event in merged.events:
        source.now = merged.at + event.at if isinstance(event.at, timedelta) else event.at
        apply_event(scenario, event, source)
    return source


def _marks(event: Event, entry: Entry) -> Iterator[TimelineEntry]:
    """What an event confirms and requests."""
    if event.confirm:
        yield Confirmation(at=entry.at, actor=entry.actor, subject=event.confirm)
    if event.request:
        yield Request(at=entry.at, actor=entry.actor, subject=event.request)


def _amendments(scenario: ResolvedScenario, event: Event, entry: Entry) -> Iterator[Amendment]:
    """What an event amends."""
    until = scenario.instant(event.until) if event.until is not None else None
    common: dict[str, Any] = {"at": entry.at, "actor": entry.actor, "reason": event.because}
    if event.waive:
        yield Amendment(what="waive", clock=event.waive, **common)
    if event.extend:
        yield Amendment(what="extend", clock=event.extend, until=until, **common)
    if event.promise is not None:
        yield Amendment(what="promise", until=scenario.instant(event.promise), **common)
