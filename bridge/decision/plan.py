"""Plans: what is left to do on a ticket, as plain data."""

from __future__ import annotations

from typing import Literal

from bridge.decision.effects import Say
from bridge.decision.findings import Finding
from bridge.decision.records import RecordedAction
from bridge.ticket import Facts

Mode = Literal["enforce", "comment_only", "shadow"]
"""How far a connection trusts the bridge. ``shadow`` writes nothing, ``comment_only`` writes internal notes only."""


class Plan(Facts):
    """What is left to do: desired minus actual minus already done."""

    actions: tuple[RecordedAction, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What the comparison itself found, such as a person's override."""

    @property
    def messages(self) -> list[Say]:
        """What somebody is told."""
        return [action for action in self.actions if isinstance(action, Say)]

    def __bool__(self) -> bool:
        return bool(self.actions)
