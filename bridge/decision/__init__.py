"""What the policy says about a ticket at one instant, and what is left to do about it.

A :class:`Decision` is plain data: it can be stored, compared, rendered and replayed. Nothing in it can exist without
a :class:`Citation`; the models refuse it.
"""

from bridge.decision.citation import Citation, Cited
from bridge.decision.clocks import Clock, ClockAmendment, ClockState, KeptClocks, next_due
from bridge.decision.decision import Decision, RuleResult
from bridge.decision.desired import LATE_AFTER, DesiredValue, DueMessage, OnOverride
from bridge.decision.effects import Action, Clear, MessageKind, Say, Set
from bridge.decision.findings import Finding, Severity
from bridge.decision.plan import Mode, Plan
from bridge.decision.targets import TAG_PREFIX, Fact, Field, SystemField, Tag, Target
from bridge.decision.withheld import Withheld, WithheldCause

__all__ = [
    "LATE_AFTER",
    "TAG_PREFIX",
    "Action",
    "Citation",
    "Cited",
    "Clear",
    "Clock",
    "ClockAmendment",
    "ClockState",
    "Decision",
    "DesiredValue",
    "DueMessage",
    "Fact",
    "Field",
    "Finding",
    "KeptClocks",
    "MessageKind",
    "Mode",
    "OnOverride",
    "Plan",
    "RuleResult",
    "Say",
    "Set",
    "Severity",
    "SystemField",
    "Tag",
    "Target",
    "Withheld",
    "WithheldCause",
    "next_due",
]
