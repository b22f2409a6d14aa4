"""What customers are told when the bridge itself changes something."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.rule import Outcome, Rule
from bridge.ticket import RESOLVED, Role


class StatusNotice(Rule):
    """One public message for each status that the bridge itself has set; solving has a message of its own."""

    message: str

    def judge(self, case: Case) -> Iterator[Outcome]:
        spell = case.statuses[-1]
        ours = spell.began is not None and spell.began.actor.role is Role.BRIDGE and spell.value not in RESOLVED
        status = str(spell.value).replace("_", " ")
        because = f"the status is now {status}" if ours else "the bridge has not changed the status"
        yield case.applied("status notice", clause=self.clause, applied=ours, because=because)
        if ours:
            yield case.message(self.message, clause=self.clause, since=spell.start, because=because, status=status)
