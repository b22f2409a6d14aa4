"""Values from outside that mean nothing to the policy: they are named, and everything else goes on."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import DueMessage, MessageKind, Severity
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.ticket import fact_field

NOTE = "unknown_value"
"""Name of the note in records; its text is the same in every policy."""


def unknown_values(context: Context) -> Iterator[RuleOutcome]:
    """A finding for each value that nobody understands; for a fact of the ticket also a note to the agents."""
    clause = context.policy.severity.clause
    for why in (*context.account.unusable.values(), *context.ticket.unusable.values()):
        yield context.finding("unusable_value", clause=clause, because=why, severity=Severity.WARNING)
    for name, value in context.unknown_facts.items():
        known = context.policy.facts[name]
        because = f"{_named(name, known.label)} is {value!r}, which the policy does not know; it knows: {known.allowed}"
        yield context.finding("unknown_value", clause=clause, because=because, severity=Severity.WARNING)
        if context.is_open:
            since = context.since(fact_field(name))
            yield DueMessage(
                cite=context.cite(clause),
                because=because,
                kind=MessageKind.INTERNAL_NOTE,
                template=NOTE,
                text=f"The field {because}. {_ADVICE}",
                due_at=since,
                key=context.key(clause, since, f"{MessageKind.INTERNAL_NOTE}:{NOTE}:{name}"),
            )


_ADVICE = (
    "Until then nothing follows from it. Choose a value that the policy knows; if the value is right, ask your "
    "administrator to translate it in the configuration of Policybridge."
)


def _named(name: str, label: str) -> str:
    return f"{name} ({label})" if label else name
