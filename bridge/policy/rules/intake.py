"""Intake: what a report should contain, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Outcome, PackPart, Rule
from bridge.ticket import Role


class Item(PackPart):
    """Something a report should contain."""

    item: str
    """Word in the tag ``policy_missing_<item>``."""
    asks: str
    """The item in the document's words, for the note."""
    fact: str | None = None
    """Fact that holds it; by default the fact of the same name; ``description`` is the ticket's own."""
    when: Predicate = Predicate()

    def is_missing(self, case: Case) -> bool:
        """Whether nobody said it. What no field of the helpdesk could hold cannot be missing."""
        name = self.fact or self.item
        if name in case.policy.facts and name not in case.ticket.facts:
            return False
        value = self._value(case, name)
        return value is None or value is False or (isinstance(value, str) and not value.strip())

    def _value(self, case: Case, name: str) -> object:
        if name in case.policy.facts:
            return case.lookup(name)
        if name == "priority":  # what people chose; the bridge's own default is no choice
            chosen = [c.new for c in case.ticket.changes(name) if c.actor.role is not Role.BRIDGE]
            return chosen[-1] if chosen else case.ticket.history(name)[0][1]
        return getattr(case.ticket, name)


class Intake(Rule):
    """The items of a complete report; a missing one is a tag, and all of them together one internal note."""

    when: Predicate = Predicate()
    items: tuple[Item, ...]
    note: str | None = "intake"
    """Template of the note that lists what is missing; none: tags only."""

    def judge(self, case: Case) -> Iterator[Outcome]:
        if not case.holds(self.when):
            because = self.when.failing(case.lookup)
            yield case.applied("intake", clause=self.clause, applied=False, because=because)
            return
        asked = [item for item in self.items if case.holds(item.when)]
        missing = [item for item in asked if item.is_missing(case)]
        because = f"missing: {', '.join(item.asks for item in missing)}" if missing else "the report is complete"
        yield case.applied("intake", clause=self.clause, applied=bool(missing), because=because)
        for item in missing:
            since = case.since(f"fact:{item.fact or item.item}")
            yield case.tag(f"missing_{item.item}", clause=self.clause, since=since, because=f"missing: {item.asks}")
        if missing and self.note:
            yield case.note(self.note, clause=self.clause, since=case.ticket.created_at, because=because)
