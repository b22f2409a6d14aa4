"""What was found of a helpdesk's own rules, and which of them were switched off on consent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from bridge.ports.audit import AuditEntry

RuleVerdict = Literal["conflict", "clear", "not_examined"]


@dataclass(frozen=True)
class ExaminedRule:
    """One rule of a helpdesk as it was examined."""

    connection: str
    kind: str
    """Such as ``trigger``."""
    id: str
    title: str
    digest: str
    """Of the rule as it was examined; it changes with the rule."""
    verdict: RuleVerdict
    detail: str
    """What the conflict is, or why nothing can be said."""
    proposal: str
    at: datetime
    switched_off_at: datetime | None = None
    digest_off: str = ""
    """Of the rule as it was left when it was switched off; empty: nobody saw that this was done."""

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.title})"


class ExaminedRuleStore(Protocol):
    """Keeps the verdicts of the last run of ``policybridge conflicts``."""

    def record_examined(self, connection: str, rules: Sequence[ExaminedRule]) -> None:
        """Replace the verdicts on the rules of a connection; of those that were switched off the old one stays."""

    def examined_rules(self, connection: str) -> list[ExaminedRule]:
        """The rules of a connection with a verdict, or that were switched off."""

    def record_switch(self, rule: ExaminedRule, entry: AuditEntry | None = None) -> None:
        """Record that a rule was switched, as its ``switched_off_at`` and ``digest_off`` say."""
