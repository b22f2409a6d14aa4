"""Refusals: what is left of a plan when a helpdesk does not accept a part of it, and what its agents are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import sha256

from bridge.decision.effects import Action, Clear, MessageKind, Say, Set
from bridge.decision.plan import Plan
from bridge.decision.targets import Fact, Field, SystemField, Tag, Target
from bridge.plan.target_words import target_words
from bridge.policy.evaluation.reader import said_in
from bridge.policy.evaluation.sentence import Sentence, series

_LIKELY = (SystemField.STATUS, SystemField.ASSIGNEE, SystemField.TIER, SystemField.GROUP, SystemField.PRIORITY)
"""What helpdesks refuse most: a status that needs a field, then people and teams."""


def lesser_plans(plan: Plan) -> Iterator[tuple[Plan, tuple[Action, ...]]]:
    """Plans that leave something out, each with what it leaves out: first one target each, at last everything.

    All fields come before all but tags: two fields that are set up wrongly do not take priority and status with them.
    """
    targets = {_target(action) for action in plan.actions} - {None}
    likely: list[Target | None] = [target for target in _LIKELY if target in targets]
    others = [target for target in map(_target, plan.actions) if target not in (None, *likely)]
    alone = [target for target in others if not isinstance(target, Tag)]
    leave_out: list[Callable[[Action], bool]] = [_is_one_of(target) for target in dict.fromkeys([*likely, *alone])]
    leave_out += [_is_field, _is_no_tag, _is_no_note, lambda _: True]
    tried: set[tuple[str, ...]] = {()}
    for is_left_out in leave_out:
        left_out = _with_their_messages(plan, [action for action in plan.actions if is_left_out(action)])
        if (keys := tuple(action.key for action in left_out)) not in tried:
            tried.add(keys)
            yield _without(plan, left_out), left_out


def wordless_plan(plan: Plan) -> tuple[Plan, tuple[Action, ...]]:
    """A plan without any words, for a ticket that takes none, and what it leaves out.

    A status whose clause also writes to the customer waits with its message.
    """
    told = {action.cite.clause for action in plan.actions if isinstance(action, Say) and action.is_public}
    left_out = tuple(
        action
        for action in plan.actions
        if isinstance(action, Say) or (_target(action) is SystemField.STATUS and action.cite.clause in told)
    )
    return _without(plan, left_out), left_out


def refusal_note(left_out: tuple[Action, ...], explanation: str, language: str = "en") -> Say:
    """The note that tells the agents what could not be written and why; the same for the same reason.

    ``language``: that of the agents. The helpdesk's explanation is in its own.
    """
    first = left_out[0]
    lines = [
        Sentence("The helpdesk did not accept part of what the policy asks for:"),
        *(series([f"- {action.cite.clause}", _described(action)], ": ") for action in left_out),
        Sentence("It says: %(explanation)s", explanation=explanation),
        Sentence("Once that is fixed, it is done automatically."),
    ]
    digest = sha256(explanation.encode()).hexdigest()[:8]
    return Say(
        cite=first.cite,
        because="the helpdesk refused it",
        kind=MessageKind.INTERNAL_NOTE,
        key=f"{first.key}/refused:{digest}",
        template="refused",
        text="\n".join(said_in(language, line) for line in lines),
    )


def _without(plan: Plan, left_out: tuple[Action, ...]) -> Plan:
    keys = {action.key for action in left_out}
    return plan.model_copy(update={"actions": tuple(action for action in plan.actions if action.key not in keys)})


def _with_their_messages(plan: Plan, left_out: list[Action]) -> tuple[Action, ...]:
    """What is left out, with the messages to the customer of the same clauses: they would speak of what is not so."""
    moves = {action.cite.clause for action in left_out if _target(action) is SystemField.STATUS}
    return tuple(
        action
        for action in plan.actions
        if action in left_out or (isinstance(action, Say) and action.is_public and action.cite.clause in moves)
    )


def _target(action: Action) -> Target | None:
    return None if isinstance(action, Say) else action.target


def _is_one_of(target: Target | None) -> Callable[[Action], bool]:
    return lambda action: _target(action) == target


def _is_field(action: Action) -> bool:
    return isinstance(_target(action), Field | Fact)


def _is_no_tag(action: Action) -> bool:
    return _target(action) is not None and not isinstance(_target(action), Tag)


def _is_no_note(action: Action) -> bool:
    return not (isinstance(action, Say) and action.kind is MessageKind.INTERNAL_NOTE)


def _described(action: Action) -> Sentence:
    match action:
        case Say():
            return Sentence("message %(name)s", name=action.template.replace("_", " "))
        case Clear():
            return Sentence("%(target)s is to be removed", target=target_words(action.target))
        case Set(target=Tag()):
            return Sentence("%(target)s is to be added", target=target_words(action.target))
    return Sentence("%(target)s is to be %(value)s", target=target_words(action.target), value=action.value)
