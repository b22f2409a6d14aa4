"""Plans: what is left to do on a ticket, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from bridge.decision.effects import Action, Say
from bridge.decision.findings import Finding
from bridge.decision.records import RecordedAction
from bridge.decision.withheld import Withheld, WithheldCause
from bridge.ticket import Facts

Mode = Literal["enforce", "comment_only", "shadow"]
"""How far a connection trusts the bridge. ``shadow`` writes nothing, ``comment_only`` writes internal notes only."""


class Plan(Facts):
    """What is left to do: desired minus actual minus already done."""

    actions: tuple[RecordedAction, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What the comparison itself found, such as a person's override."""
    withheld: tuple[Withheld, ...] = Field(default=(), exclude_if=lambda withheld: not withheld)
    """Which of the actions are not written, and why."""

    @property
    def messages(self) -> list[Say]:
        """What somebody is told."""
        return [action for action in self.actions if isinstance(action, Say)]

    @property
    def permitted(self) -> Plan:
        """The plan with the actions that may be written, and no others."""
        if not self.withheld:
            return self
        kept = {each.key for each in self.withheld}
        return self.model_copy(update={"actions": tuple(each for each in self.actions if each.key not in kept)})

    def withhold(
        self, cause: WithheldCause, because: str, which: Callable[[Action], bool] = lambda _: True, *, cap: str = ""
    ) -> Plan:
        """This plan without permission for some of its actions; what was withheld before keeps its reason."""
        more = (
            Withheld(key=each.key, cause=cause, because=because, cap=cap)
            for each in self.permitted.actions
            if which(each)
        )
        return self.model_copy(update={"withheld": (*self.withheld, *more)})

    def __bool__(self) -> bool:
        return bool(self.actions)
