"""Writing what stands alone when a helpdesk refuses a part of a plan, and telling its agents once what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bridge.catalogue import ENGLISH
from bridge.decision import Action, Plan, Say
from bridge.errors import GiveUp
from bridge.plan import lesser_plans, refusal_note, wordless_plan
from bridge.ports.helpdesk import WriteResult

Write = Callable[[Plan], WriteResult]
"""Writes a plan in one update; raises ``GiveUp`` with an explanation where a value is not accepted."""


def write_what_stands(
    write: Write, plan: Plan, note_is_due: Callable[[Say], bool], language: str = ENGLISH
) -> WriteResult:
    """Write a plan; if a part is refused, the most of it that is accepted, and a note for the agents.

    At most one attempt is accepted, so nothing is written twice. ``note_is_due``: whether a note has not been left
    before; it is about to be written if so. ``language``: that of the agents. A ticket that takes no words gets
    the rest without a note. Raises ``GiveUp`` if nothing is accepted.
    """
    try:
        return write(plan)
    except GiveUp as error:
        if not error.explanation:
            raise
        refusal = error
    for rest, left_out in lesser_plans(plan):
        note = refusal_note(left_out, refusal.explanation, language)
        attempt = rest.model_copy(update={"actions": (*rest.actions, note)}) if note_is_due(note) else rest
        if (result := _attempt(write, attempt, left_out, refusal)) is not None:
            return result
    rest, left_out = wordless_plan(plan)
    if rest and left_out and (result := _attempt(write, rest, left_out, refusal)) is not None:
        return result
    raise refusal


def _attempt(write: Write, plan: Plan, left_out: tuple[Action, ...], refusal: GiveUp) -> WriteResult | None:
    """Write what is left of a plan; None where that is refused, too."""
    try:
        result = write(plan) if plan else WriteResult(frozenset())
    except GiveUp as error:
        if not error.explanation:
            raise
        return None
    return replace(result, refused=result.refused | {action.key: refusal.explanation for action in left_out})
