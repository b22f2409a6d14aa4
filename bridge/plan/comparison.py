"""The comparison of what a policy wants with what a ticket has.

The rule is *say once*: equal -> nothing; not yet done on this occasion -> write; done, confirmed, and different now ->
a person overrode it, and the clause says what to do. Writing whenever there is a difference would fight agents.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import assert_never

from bridge.decision.decision import Decision
from bridge.decision.desired import DesiredValue, DueMessage, OnOverride
from bridge.decision.effects import Action, Clear, MessageKind, Say, Set
from bridge.decision.findings import Finding, Severity
from bridge.decision.plan import Plan
from bridge.decision.set_by_rule import rule_that_set, set_by_rule
from bridge.decision.targets import Fact, Field, SystemField, Tag, Target, describe_target, target_text, timeline_name
from bridge.plan.ledger import Ledger
from bridge.plan.merged_tags import remove_merged_tags
from bridge.policy.rules.mirror_fields import DISPLAY_FIELDS
from bridge.ticket import Changed, FactValue, Role, Ticket, same_form

_CHOSEN = frozenset({SystemField.PRIORITY, SystemField.ASSIGNEE, SystemField.GROUP, SystemField.TIER})
"""What agents choose besides the status."""


def plan(decision: Decision, ticket: Ticket, ledger: Ledger) -> Plan:
    """Compare a decision with the ticket and the ledger.

    Applying the result and planning again yields an empty plan, whatever the ticket was.
    """
    found = [*_writes(decision, ticket, ledger)]
    moves = any(_moves_status(action) and not ledger.is_intended(action.key) for action in _actions(found))
    found += _messages(decision, ticket, ledger, moves=moves)
    found += _withdrawals(decision, ticket, ledger)
    found += [] if moves else _done_with(ticket, ledger)  # it may be about to be reopened
    found += remove_merged_tags(decision, ticket, ledger)
    findings = tuple(item for item in found if isinstance(item, Finding))
    return Plan(actions=tuple(_actions(found)), findings=findings)


def _actions(found: list[Action | Finding]) -> list[Action]:
    return [item for item in found if not isinstance(item, Finding)]


def _moves_status(action: Action) -> bool:
    return isinstance(action, Set) and action.target is SystemField.STATUS


def _writes(decision: Decision, ticket: Ticket, ledger: Ledger) -> Iterator[Action | Finding]:
    """The values that the ticket does not have; a finding for each that a person has overridden."""
    for desired in decision.desired:
        rule = rule_that_set(ticket, desired)
        if has_value(ticket, desired.target, desired.value):
            if rule:
                yield set_by_rule(desired, rule)
            continue
        if ledger.is_undone(desired.key):
            yield _undone(desired)
            continue
        overridden = ledger.has_written(desired) or _is_overruled(ticket, desired) or _was_forestalled(ticket, desired)
        is_kept = desired.on_override is not OnOverride.ENFORCE and not _is_emptied_display(ticket, desired.target)
        if overridden and is_kept:
            yield _overridden(desired, ticket)
        else:
            if rule:
                yield set_by_rule(desired, rule)
            yield desired.action()


def _is_emptied_display(ticket: Ticket, target: Target) -> bool:
    """Whether a display field shows nothing although nobody emptied it: it was deleted and made again.

    What a person or a rule of the helpdesk has emptied stays empty, or both would write without end.
    """
    if not isinstance(target, Field) or target.name not in DISPLAY_FIELDS or actual_value(ticket, target) is not None:
        return False
    changes = ticket.changes(target_text(target))
    return not changes or changes[-1].new not in (None, "")


def _messages(decision: Decision, ticket: Ticket, ledger: Ledger, *, moves: bool) -> Iterator[Action | Finding]:
    """The messages that are owed; ``moves``: the same plan moves the status, and what that leads to may say enough."""
    for message in decision.due_messages:
        if ledger.is_confirmed(message.key) or ledger.has_arrived(message, ticket):
            continue
        if message.is_public and ticket.requester.unreachable:
            yield from _unsent(message, ticket, ledger)
            continue
        may_give_way = message.may_give_way(decision.at)
        if may_give_way and _is_overtaken(message, decision, ticket):
            yield _overtaken(message)
        elif not (moves and may_give_way):
            yield message.action()


def _unsent(message: DueMessage, ticket: Ticket, ledger: Ledger) -> Iterator[Action | Finding]:
    """What tells the agents, once, that a message would reach nobody."""
    because = f"the message {message.template} was not sent: the customer {ticket.requester.unreachable}"
    yield Finding(code="unreachable", cite=message.cite, because=because, severity=Severity.WARNING)
    key = f"{message.key}/unsent"
    if not ledger.is_confirmed(key):
        text = f"{because[:1].upper()}{because[1:]}. Contact them in another way, or correct their address."
        note = MessageKind.INTERNAL_NOTE
        yield Say(cite=message.cite, because=because, kind=note, key=key, template="unsent", text=text)


def _withdrawals(decision: Decision, ticket: Ticket, ledger: Ledger) -> Iterator[Clear]:
    """Take back tags and fields of ours whose rule no longer applies; what a person put there stays."""
    wanted = {desired.target for desired in decision.desired}
    for target, write in ledger.last_writes.items():
        if target in wanted or not isinstance(target, Tag | Field) or not isinstance(write, Set):
            continue
        if actual_value(ticket, target) is not None and has_value(ticket, target, write.value):
            because, key = "condition no longer applies", f"{write.key}/withdrawn"
            if not ledger.is_undone(key):
                yield Clear(cite=write.cite, because=because, target=target, key=key)


def _done_with(ticket: Ticket, ledger: Ledger) -> Iterator[Clear]:
    """Take back what notes of ours have put on people's lists, where the ticket was resolved since."""
    actions = (entry.action for entry in ledger.entries)
    notes = [action for action in actions if isinstance(action, Say) and action.kind is MessageKind.NOTIFY]
    if ticket.activities and notes:
        key = f"{notes[-1].key}/activities:{ticket.activities}/withdrawn"
        if not ledger.is_confirmed(key):
            because = "the ticket is resolved"
            yield Clear(cite=notes[-1].cite, because=because, target=SystemField.ACTIVITIES, key=key)


def has_value(ticket: Ticket, target: Target, value: FactValue) -> bool:
    """Whether a target has a value; of a field, in the form in which the helpdesk keeps it."""
    return _is_same(target, actual_value(ticket, target), value)


def _is_same(target: Target, one: FactValue, other: FactValue) -> bool:
    return same_form(one, other) if isinstance(target, Field | Fact) else str(one) == str(other)


def actual_value(ticket: Ticket, target: Target) -> FactValue:
    """The present value of a target on the ticket; True for a tag that is there, None for what is not set."""
    match target:
        case Tag(name):
            return True if name in ticket.tags else None
        case Field() | Fact():
            present = ticket.value(timeline_name(target, ticket))
            return None if present == "" else present
        case SystemField():
            return ticket.value(target.value)
        case _:
            assert_never(target)


def _is_overruled(ticket: Ticket, desired: DesiredValue) -> bool:
    """Whether the wanted value was there after the occasion, and somebody else has changed it since.

    Then nothing had to be written on this occasion, and yet a person has overruled it.
    """
    changes = reversed(ticket.changes(timeline_name(desired.target, ticket)))
    since = takewhile(lambda change: change.at > desired.since, changes)
    last = next((change for change in since if _ended(change, desired)), None)
    return last is not None and last.actor.role is not Role.BRIDGE


def _was_forestalled(ticket: Ticket, desired: DesiredValue) -> bool:
    """Whether a person chose another value after the fact that led to ours, before we could write it.

    The status is left out: what follows from an agent's status is for the rules to say.
    """
    if desired.target not in _CHOSEN:
        return False
    changes = reversed(ticket.changes(target_text(desired.target)))
    since = [change.actor.role for change in takewhile(lambda change: change.at > desired.since, changes)]
    return bool(since) and since[0] is Role.AGENT and Role.BRIDGE not in since


def _ended(change: Changed, desired: DesiredValue) -> bool:
    """Whether by this change the ticket lost the wanted value."""
    if isinstance(desired.target, Tag):
        name = desired.target.name
        return name in str(change.old) and name in _tags(change.old) - _tags(change.new)  # the first test is cheap
    if desired.value is None:
        return False
    return _is_same(desired.target, change.old, desired.value)


def _tags(present: FactValue) -> set[str]:
    return set(str(present or "").split(","))


def _is_overtaken(message: DueMessage, decision: Decision, ticket: Ticket) -> bool:
    """Whether the customer gets, or has got, a later message of ours; of two of the same instant the last counts."""
    messages = decision.public_messages
    earlier = {other.key for other in messages[: messages.index(message)]}  # which may have been sent just now
    sent = ticket.messages(public=True, role=Role.BRIDGE)
    after = (other for other in sent if other.at > message.due_at and earlier.isdisjoint(other.keys))
    return message != messages[-1] or any(True for _ in after)


def _overtaken(message: DueMessage) -> Finding:
    due = f"{message.due_at:%Y-%m-%d %H:%M} UTC"
    because = f"the message {message.template} was due {due}; it is late, and a later message replaces it"
    return Finding(code="overtaken", cite=message.cite, because=because)


def _overridden(desired: DesiredValue, ticket: Ticket) -> Finding:
    flagged = desired.on_override is OnOverride.FLAG
    rule = rule_that_set(ticket, desired)
    deviation = _deviation(actual_value(ticket, desired.target), rule.actor.name if rule else "a person")
    because = f"{_describe_desired(desired)} ({desired.because}); {deviation}"
    severity = Severity.WARNING if flagged else Severity.INFO
    return Finding(code="overridden", severity=severity, cite=desired.cite, because=because)


def _undone(desired: DesiredValue) -> Finding:
    because = f"{_describe_desired(desired)} ({desired.because}); a person had it undone"
    return Finding(code="undone", cite=desired.cite, because=because)


def _describe_desired(desired: DesiredValue) -> str:
    what = describe_target(desired.target)
    if isinstance(desired.target, Tag):
        return f"the {what} should be on the ticket"
    return f"{what} should be empty" if desired.value is None else f"{what} should be {desired.value}"


def _deviation(actual: FactValue, who: str) -> str:
    return f"{who} removed it" if actual is None else f"{who} set {actual}"
