"""The events of a scenario as they happen at a helpdesk."""

from __future__ import annotations

from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.scenarios.language import Event
from bridge.scenarios.resolve import ResolvedScenario
from bridge.ticket import Approval, Confirmation, Message, PhoneContact, Readability, Request


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
    for gate, granted in ((event.approve, True), (event.refuse, False)):
        if gate:
            proof = event.proof or "helpdesk"
            helpdesk.record(Approval(at=at, actor=actor, gate=gate, granted=granted, remarks=event.with_, proof=proof))
    if event.confirm:
        helpdesk.record(Confirmation(at=at, actor=actor, subject=event.confirm))
    if event.request:
        helpdesk.record(Request(at=at, actor=actor, subject=event.request))
