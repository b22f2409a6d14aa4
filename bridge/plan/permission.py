"""Permission: the part of a plan that a connection allows to be written."""

from __future__ import annotations

from collections.abc import Container

from bridge.decision.effects import Action, Clear, MessageKind, Say, Set
from bridge.decision.findings import Finding, Severity
from bridge.decision.plan import Mode, Plan
from bridge.decision.targets import Fact, Field, SystemField
from bridge.ticket import Status, Ticket


def restrict(plan: Plan, ticket: Ticket, *, fields: Container[str], mode: Mode = "enforce") -> Plan:
    """The part of a plan that a connection allows: only fields it names, and only as much as its mode permits.

    ``shadow`` watches and writes nothing, ``comment_only`` writes internal notes only. A closed ticket takes nothing;
    what the customer should have heard on it is an error that needs attention.
    """
    if ticket.status is Status.CLOSED:
        unsent = tuple(_unsent(message) for message in plan.messages if message.is_public)
        return plan.model_copy(update={"actions": (), "findings": (*plan.findings, *unsent)})
    allowed = tuple(action for action in plan.actions if _permits(mode, action) and _is_known(action, fields))
    return plan.model_copy(update={"actions": allowed})


def _permits(mode: Mode, action: Action) -> bool:
    if mode == "comment_only":
        return isinstance(action, Say) and action.kind is MessageKind.INTERNAL_NOTE
    return mode == "enforce"


def _is_known(action: Action, fields: Container[str]) -> bool:
    match action:
        case Set(target=Field(name) | Fact(name)) | Clear(target=Field(name) | Fact(name)):
            return name in fields
        case Set(target=SystemField.GROUP):
            return SystemField.GROUP.value in fields
        case _:
            return True


def _unsent(message: Say) -> Finding:
    because = f"the ticket is closed and accepts no messages, so {message.template} was not sent to the customer"
    because += f" ({message.because}): open a follow-up ticket and write to them there"
    return Finding(code="closed_unheard", severity=Severity.ERROR, cite=message.cite, because=because)
