"""What a policy would have made of one ticket of the past: verdicts, actions, findings, and what it would have cost."""

from __future__ import annotations

from pydantic import Field

from bridge.decision import ClockState
from bridge.decision.kinds import ActionKind
from bridge.history.agreement import Comparison
from bridge.history.rows import ClockRow, FindingRow, Row, Stamp
from bridge.ports.native_targets import NativeTarget
from bridge.ticket import Facts, Status


class ActRow(Row):
    """One thing that the bridge would have done, and what it means to people."""

    kind: ActionKind
    words: str = Field(default="", exclude=True)
    """The action in a few words; for people, not in the JSON."""


class TicketResult(Facts):
    """One ticket under one policy, until the end of the period; as JSON a line of the results."""

    ticket: str
    account: str = ""
    created_at: Stamp
    pack: str = ""
    """Empty: no pack governs the ticket."""
    version: str = ""
    level: str | None = None
    """Severity as the pack names it."""
    status: Status | None = None
    """At the end."""
    clocks: tuple[ClockRow, ...] = ()
    timeline: tuple[ActRow, ...] = ()
    """By time."""
    findings: tuple[FindingRow, ...] = ()
    native: tuple[NativeTarget, ...] = ()
    """What the helpdesk's own SLA said."""
    agreement: tuple[Comparison, ...] = ()
    """The clocks that are declared equal to a metric of the helpdesk, beside it."""
    unannounced: int = 0
    """How often people closed it without the notices that the policy promises before."""
    reviews: int = 0
    """How many times the bridge would have looked at the ticket."""
    updates: int = 0
    """How many updates it would have written."""
    spoke_after_closing: int = 0
    """What the customer wrote after the policy would have closed the ticket."""
    problems: tuple[str, ...] = ()
    """What is wrong with its history, in the words of ``bridge.history.problems``."""
    detail: str = ""
    """Why it was not evaluated, or what is wrong; empty: nothing is."""

    @property
    def is_evaluated(self) -> bool:
        return bool(self.pack)

    def acts(self, *kinds: ActionKind) -> list[ActRow]:
        """What would have been done, of some kinds."""
        return [act for act in self.timeline if act.kind in kinds]

    @property
    def breaches(self) -> list[ClockRow]:
        """Promises that were broken."""
        return [clock for clock in self.clocks if clock.state is ClockState.BREACHED]
