"""Values from outside that mean nothing to the policy: they are named, and everything else goes on."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import DueMessage, MessageKind, Severity
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.sentence import Sentence
from bridge.ticket import FactValue, fact_field

NOTE = "unknown_value"
"""Name of the note in records; its text is the same in every policy."""


def unknown_values(context: Context) -> Iterator[RuleOutcome]:
    """A finding for each value that nobody understands; for a fact of the ticket also a note to the agents."""
    clause = context.policy.severity.clause
    for why in (*context.account.unusable.values(), *context.ticket.unusable.values()):
        yield context.finding("unusable_value", clause=clause, because=why, severity=Severity.WARNING)
    if (kind := context.ticket.type) and kind not in context.policy.ticket_types:
        because = _reason(Sentence("the type"), kind, ", ".join(context.policy.ticket_types))
        yield context.finding("unknown_value", clause=clause, because=because, severity=Severity.WARNING)
    for name, (value, allowed) in _unknown_facts(context).items():
        unreadable = context.ticket.unusable.get(fact_field(name), "") if value is None else ""
        because = unreadable or _reason(_named(name, context.policy.facts[name].label), value, allowed)
        if not unreadable:
            yield context.finding("unknown_value", clause=clause, because=because, severity=Severity.WARNING)
        if context.is_open:
            since = context.since(fact_field(name))
            told, advice = (because, _MISSING_ADVICE) if unreadable else (_the_field(because), _ADVICE)
            yield DueMessage(
                cite=context.cite(clause),
                because=because,
                kind=MessageKind.INTERNAL_NOTE,
                template=NOTE,
                text=f"{context.said(told)}. {context.said(advice)}",
                due_at=since,
                key=context.key(clause, since, f"{MessageKind.INTERNAL_NOTE}:{NOTE}:{name}"),
            )


def _unknown_facts(context: Context) -> dict[str, tuple[FactValue, str]]:
    """The facts whose value nobody understands, each with that value and what it may be.

    Of a fact in which people choose the severity the levels are known, whether or not the pack lists its values.
    """
    found = {name: (value, context.policy.facts[name].allowed) for name, value in context.facts.unknown.items()}
    if (chosen := context.policy.severity.unknown_choice(context)) and chosen not in found:
        found[chosen] = context.ticket.value(fact_field(chosen)), ", ".join(context.policy.severity.levels)
    return found


def _reason(what: str, value: FactValue, allowed: str) -> str:
    return Sentence(
        "%(name)s is %(value)s, which the policy does not know; it knows: %(values)s",
        name=what,
        value=repr(value),
        values=allowed,
    )


_MISSING_ADVICE = Sentence(
    "Nothing follows from it on this ticket until your administrator creates the field again or corrects the "
    "configuration of Policybridge."
)
_ADVICE = Sentence(
    "Nothing follows from it until you choose a value that the policy knows. If the value is right, ask your "
    "administrator to translate it in the configuration of Policybridge."
)


def _the_field(reason: str) -> Sentence:
    return Sentence("The field %(reason)s", reason=reason)


def _named(name: str, label: str) -> str:
    return f"{name} ({label})" if label else name
