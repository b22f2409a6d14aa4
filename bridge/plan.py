"""What is left to do: desired minus actual minus already said. Pure.

The rule is *say once*: equal -> nothing; not yet said on this occasion -> write; said, confirmed, and different now ->
a person overrode it, and the clause says what to do. Writing whenever there is a difference would fight agents.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from typing import Literal

from bridge.decision import (
    Action,
    ActionName,
    Citation,
    Decision,
    Finding,
    OnOverride,
    Plan,
    Say,
    Severity,
    Speech,
    Want,
)
from bridge.ticket import Facts, FactValue, Instant, Role, Status, Ticket

TAG_PREFIX = "policy_"
"""All tags of the bridge begin so; no other tag is ever touched."""

PRESENT = "present"

Mode = Literal["enforce", "comment_only", "shadow"]
"""How far a connection trusts the bridge: see :func:`restricted`."""


class Said(Facts):
    """One thing the bridge said about a ticket, as the store's ledger keeps it."""

    key: str
    field: str
    """The managed field of :class:`~bridge.decision.Want`, or ``say`` for messages, notes and notifications."""
    value: str | int
    cite: Citation
    at: Instant
    confirmed: bool
    """False: intended, but neither the vendor's answer nor its audit trail has shown it yet."""


class Ledger:
    """What was said about one ticket: the store's record, completed by the evidence in the ticket's own timeline."""

    def __init__(self, said: Iterable[Said] = (), ticket: Ticket | None = None) -> None:
        evidence = {key for entry in ticket.timeline for key in entry.keys} if ticket else set()
        self._said = {
            item.key: item
            if item.confirmed or item.key not in evidence
            else item.model_copy(update={"confirmed": True})
            for item in sorted(said, key=lambda item: item.at)
        }
        self._evidence = evidence

    def intended(self, key: str) -> bool:
        """Whether this was to be said before, be it in vain."""
        return key in self._said

    def confirmed(self, key: str) -> bool:
        """Whether the helpdesk is known to have received this."""
        return key in self._evidence or (key in self._said and self._said[key].confirmed)

    def arrived(self, say: Say, ticket: Ticket) -> bool:
        """Whether a message to the customer is on the ticket, if without our mark: ours, and later than the intent.

        A customer must never get a message twice, also where the vendor keeps no marks.
        """
        intent = self._said.get(say.key)
        if intent is None or say.speech is not Speech.PUBLIC_MESSAGE:
            return False
        since = intent.at.replace(microsecond=0)
        ours = ticket.messages(public=True, role=Role.BRIDGE)
        return any(not message.keys and message.at >= since for message in ours)

    def stands(self, want: Want) -> bool:
        """Whether this was said and not taken back by the bridge itself: who changed it since is a person."""
        last = self.last().get(want.field)
        return self.confirmed(want.key) and (last is None or last.value != "")

    def last(self) -> dict[str, Said]:
        """The last confirmed word on each managed field."""
        return {item.field: item for item in self._said.values() if item.confirmed and item.field != "say"}


def plan(decision: Decision, ticket: Ticket, ledger: Ledger) -> Plan:
    """Compare a decision with the ticket and the ledger.

    Applying the result and planning again yields an empty plan, whatever the ticket was.
    """
    actions: list[Action] = []
    findings: list[Finding] = []
    for want in decision.wants:
        if str(actual(ticket, want.field)) == str(want.value):
            continue
        overruled = ledger.stands(want) or _taken_away(ticket, want)
        if overruled and want.on_override is not OnOverride.ENFORCE:
            findings.append(_overridden(want, ticket))
        else:
            actions.append(_write(want))
    moves = any(action.action == "set_status" and not ledger.intended(action.key) for action in actions)
    for say in decision.says:
        if ledger.confirmed(say.key) or ledger.arrived(say, ticket):
            continue
        if say.may_give_way(decision.at) and _is_overtaken(say, decision, ticket):
            findings.append(_overtaken(say))
        elif not (moves and say.may_give_way(decision.at)):  # what the move leads to may say enough
            actions.append(_speak(say))
    actions.extend(_withdraw(decision, ticket, ledger))
    return Plan(actions=tuple(actions), findings=tuple(findings))


def restricted(plan: Plan, ticket: Ticket, *, fields: Container[str], mode: Mode = "enforce") -> Plan:
    """The part of a plan that a connection lets happen: only fields it names, and only as much as its mode allows.

    ``shadow`` watches and writes nothing, ``comment_only`` writes internal notes only. A closed ticket takes nothing;
    what the customer should have heard on it is an error that a person has to mend.
    """
    if ticket.status is Status.CLOSED:
        lost = tuple(_lost(action) for action in plan.actions if action.action == "public_message")
        return plan.model_copy(update={"actions": (), "findings": (*plan.findings, *lost)})
    modest = mode == "comment_only"
    kept = [a for a in plan.actions if mode == "enforce" or (modest and a.action == "internal_note")]
    kept = [action for action in kept if action.action != "set_field" or str(action.value).partition("=")[0] in fields]
    return plan.model_copy(update={"actions": tuple(kept)})


def _is_overtaken(say: Say, decision: Decision, ticket: Ticket) -> bool:
    """Whether the customer gets, or has got, a later message of ours; of two of the same instant the last counts."""
    messages = decision.messages
    earlier = {other.key for other in messages[: messages.index(say)]}  # which may have been sent just now
    sent = ticket.messages(public=True, role=Role.BRIDGE)
    after = (message for message in sent if message.at > say.due_at and earlier.isdisjoint(message.keys))
    return say != messages[-1] or any(True for _ in after)


def _overtaken(say: Say) -> Finding:
    because = f"the message {say.template} was due {say.due_at:%Y-%m-%d %H:%M} UTC; late, it gives way to a later one"
    return Finding(code="overtaken", cite=say.cite, because=because)


def _lost(action: Action) -> Finding:
    because = f"the ticket is closed and takes no message, and the customer is owed {action.value}"
    because += f" ({action.because}): open a follow-up ticket and write to them there"
    return Finding(code="closed_unheard", severity=Severity.ERROR, cite=action.cite, because=because)


def actual(ticket: Ticket, field: str) -> FactValue:
    """The present value of a managed field on the ticket."""
    kind, _, name = field.partition(":")
    if kind == "tag":
        return PRESENT if name in ticket.tags else None
    if kind == "field":
        return ticket.fields.get(name)
    held = ticket.value(field)
    return "" if held is None and kind == "fact" else held


def _taken_away(ticket: Ticket, want: Want) -> bool:
    """Whether the wanted value was there after the occasion, and somebody else has changed it since.

    Then nothing had to be said on this occasion, and yet a person has overruled it.
    """
    kind, _, name = want.field.partition(":")
    for change in reversed(ticket.changes("tags" if kind == "tag" else want.field)):
        gone = name in _tags(change.old) - _tags(change.new) if kind == "tag" else change.old == want.value
        if gone:
            return change.actor.role is not Role.BRIDGE and change.at > want.since
    return False


def _tags(held: FactValue) -> set[str]:
    return set(str(held or "").split(","))


def _write(want: Want) -> Action:
    kind, _, name = want.field.partition(":")
    if kind == "tag":
        return _act("add_tag", name, want)
    if kind in ("field", "fact", "group"):
        return _act("set_field", f"{name or kind}={want.value}", want)
    setter: dict[str, ActionName] = {
        "priority": "set_priority",
        "status": "set_status",
        "tier": "set_tier",
        "assignee": "set_assignee",
    }
    return _act(setter[kind], want.value, want)


def _act(action: ActionName, value: str | int, source: Want | Say) -> Action:
    return Action(action=action, value=value, key=source.key, cite=source.cite, because=source.because, to=source.to)


def _speak(say: Say) -> Action:
    return _act(say.speech.value, say.template, say).model_copy(update={"text": say.text})


def _withdraw(decision: Decision, ticket: Ticket, ledger: Ledger) -> Iterator[Action]:
    """Take back tags and fields of ours whose rule no longer holds; what a person put there stays."""
    wanted = {want.field for want in decision.wants}
    for field, said in ledger.last().items():
        kind, _, name = field.partition(":")
        if kind not in ("tag", "field") or field in wanted or said.value == "" or actual(ticket, field) != said.value:
            continue
        gone: dict[str, str] = {"key": f"{said.key}/withdrawn", "because": "no longer holds"}
        if kind == "tag":
            yield Action(action="remove_tag", value=name, cite=said.cite, **gone)
        else:
            yield Action(action="set_field", value=f"{name}=", cite=said.cite, **gone)


def _overridden(want: Want, ticket: Ticket) -> Finding:
    flagged = want.on_override is OnOverride.FLAG
    return Finding(
        code="overridden",
        severity=Severity.WARNING if flagged else Severity.INFO,
        cite=want.cite,
        because=f"{want.field} should be {want.value} ({want.because}); a person set {actual(ticket, want.field)}",
    )


def said_by(action: Action, at: Instant, *, confirmed: bool) -> Said:
    """The ledger entry for an action."""
    field, value = field_of(action)
    return Said(key=action.key, field=field, value=value, cite=action.cite, at=at, confirmed=confirmed)


def field_of(action: Action) -> tuple[str, str | int]:
    """The managed field an action writes and its new value; ``say`` for speech. An empty value means withdrawn."""
    match action.action:
        case "add_tag":
            return f"tag:{action.value}", PRESENT
        case "remove_tag":
            return f"tag:{action.value}", ""
        case "set_field":
            name, _, value = str(action.value).partition("=")
            return ("group" if name == "group" else f"field:{name}"), value
        case "public_message" | "internal_note" | "notify":
            return "say", action.value
        case _:
            return action.action.removeprefix("set_"), action.value
