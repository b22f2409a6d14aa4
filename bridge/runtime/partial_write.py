"""Writing what stands alone when a helpdesk refuses a part of a plan, and telling its agents once what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bridge.catalogue import ENGLISH
from bridge.decision import Plan, Say
from bridge.errors import GiveUp
from bridge.plan import lesser_plans, refusal_note
from bridge.ports.helpdesk import WriteResult

Write = Callable[[Plan], WriteResult]
"""Writes a plan in one update; raises ``GiveUp`` with an explanation where a value is not accepted."""


def write_what_stands(
    write: Write, plan: Plan, note_is_due: Callable[[Say], bool], language: str = ENGLISH
) -> WriteResult:
    """Write a plan; if a part is refused, the most of it that is accepted, and a note for the agents.

    At most one attempt is accepted, so nothing is written twice. ``note_is_due``: whether a note has not been left
    before; it is about to be written if so. ``language``: that of the agents. Raises ``GiveUp`` if not even the note is
    accepted.
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
        try:
            result = write(attempt) if attempt else WriteResult(frozenset())
        except GiveUp as error:
            if not error.explanation:
                raise
            continue
        return replace(result, refused=result.refused | {action.key: refusal.explanation for action in left_out})
    raise refusal
