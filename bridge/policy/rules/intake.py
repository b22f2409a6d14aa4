"""Intake: what a report should contain, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart, Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import FactName, Prose, TemplateName
from bridge.ticket import Role, fact_field


class IntakeItem(PackPart):
    """Something a report should contain."""

    item: str
    """Word in the tag ``policy_missing_<item>``."""
    label: Prose
    """The item in the document's words, for the note."""
    fact: FactName | None = None
    """Fact that holds it; by default the fact of the same name; ``description`` is the ticket's own."""
    when: Predicate = Predicate()

    def is_missing(self, context: Context) -> bool:
        """Whether the item is missing; an item for which the connection has no field never is."""
        name = self.fact or self.item
        if name in context.policy.facts and name not in context.ticket.facts:
            return False
        value = self._value(context, name)
        return value is None or value is False or (isinstance(value, str) and not value.strip())

    def _value(self, context: Context, name: str) -> object:
        if name in context.policy.facts:
            return context.lookup(name)
        if name == "priority":  # what people chose; the bridge's own default is not a choice
            chosen = [c.new for c in context.ticket.changes(name) if c.actor.role is not Role.BRIDGE]
            return chosen[-1] if chosen else context.ticket.history(name)[0][1]
        return getattr(context.ticket, name)


class IntakeRule(Rule):
    """The items of a complete report: a tag for each missing one, and one internal note for all."""

    when: Predicate = Predicate()
    items: tuple[IntakeItem, ...]
    note: TemplateName | None = "intake"
    """Template of the note that lists what is missing; none: tags only."""

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        if not context.holds(self.when):
            because = self.when.failing(context.lookup)
            yield context.applied("intake", clause=self.clause, applied=False, because=because)
            return
        required = [item for item in self.items if context.holds(item.when)]
        missing = [item for item in required if item.is_missing(context)]
        because = self._missing(missing) if missing else "the report is complete"
        yield context.applied("intake", clause=self.clause, applied=bool(missing), because=because)
        for item in missing:
            since = context.since(fact_field(item.fact or item.item))
            yield context.tag(f"missing_{item.item}", clause=self.clause, since=since, because=self._missing([item]))
        if missing and self.note:
            yield context.note(self.note, clause=self.clause, since=context.ticket.created_at, because=because)

    def _missing(self, items: Sequence[IntakeItem]) -> Sentence:
        return Sentence("missing: %(items)s", items=", ".join(item.label for item in items))
