"""Permission: the part of a plan that a connection can write, and what a mode permits."""

from __future__ import annotations

from collections.abc import Container, Iterator

from bridge.decision.effects import Action, Clear, MessageKind, Say, Set
from bridge.decision.findings import Finding, Severity
from bridge.decision.plan import Mode, Plan
from bridge.decision.targets import Fact, Field, SystemField, Target
from bridge.ticket import Status, Ticket


def restrict(plan: Plan, ticket: Ticket, *, fields: Container[Target]) -> Plan:
    """The part of a plan that a connection can write: only fields it names.

    A closed ticket takes nothing, but is taken off people's lists; what the customer should have heard on it is an
    error that needs attention. Of a ticket that was deleted, merged or archived nothing is expected.
    """
    if ticket.ending:
        return Plan()
    if ticket.status is Status.CLOSED:
        unsent = tuple(_unsent(message) for message in plan.messages if message.is_public)
        withdrawn = tuple(each for each in plan.actions if _withdraws_activities(each))
        return plan.model_copy(update={"actions": withdrawn, "findings": (*plan.findings, *unsent)})
    known = tuple(each for each in plan.actions if _is_known(each, fields))
    lost = tuple(found for each in plan.actions if not _is_known(each, fields) for found in _not_carried(each))
    return plan.model_copy(update={"actions": known, "findings": (*plan.findings, *lost)})


def _withdraws_activities(action: Action) -> bool:
    return isinstance(action, Clear) and action.target is SystemField.ACTIVITIES


def permits(mode: Mode, action: Action) -> bool:
    """Whether an action may be written in a mode: in ``shadow`` none, in ``comment_only`` internal notes."""
    if mode == "comment_only":
        return isinstance(action, Say) and action.kind is MessageKind.INTERNAL_NOTE
    return mode == "enforce"


def _is_known(action: Action, fields: Container[Target]) -> bool:
    match action:
        case Set(target=(Field() | Fact() | SystemField.GROUP) as target) | Clear(target=(Field() | Fact()) as target):
            return target in fields
        case _:
            return True


def _not_carried(action: Action) -> Iterator[Finding]:
    """What the connection has no place for; a field that only shows a decision is left out without a word."""
    match action:
        case Set(target=SystemField.GROUP, value=group):
            because = f"the group {group} cannot be set ({action.because}): the connection names no group under groups"
        case Set(target=Fact(name), value=value):
            because = f"{name} cannot be set to {value} ({action.because}): the connection has no field for it"
        case _:
            return
    yield Finding(code="not_carried", severity=Severity.ERROR, cite=action.cite, because=because)


def _unsent(message: Say) -> Finding:
    because = f"the ticket is closed and accepts no messages, so {message.template} was not sent to the customer"
    because += f" ({message.because}): open a follow-up ticket and write to them there"
    return Finding(code="closed_unheard", severity=Severity.ERROR, cite=message.cite, because=because)
