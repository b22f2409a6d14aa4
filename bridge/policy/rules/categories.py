"""Categories of tickets, and the skill that each one needs."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Rule
from bridge.policy.references import FactName, OwnName, TagName
from bridge.ticket import fact_field


class Categories(Rule):
    """The categories of one form: a listed one sets a skill, any other is tagged as unknown."""

    name: OwnName
    when: Predicate = Predicate()
    fact: FactName = "category"
    skills: dict[str, str]
    """Category, in the document's words -> skill or team that takes it."""
    field: str = "skill"
    unknown_tag: TagName

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        if not context.holds(self.when):
            yield context.applied(
                self.name, clause=self.clause, applied=False, because=self.when.failing(context.lookup)
            )
            return
        category, since = context.lookup(self.fact), context.since(fact_field(self.fact))
        skill = self.skills.get(str(category))
        because = f"category {category or 'is not known'}"
        yield context.applied(self.name, clause=self.clause, applied=skill is not None, because=because)
        if skill:
            yield context.tag(f"skill_{skill}", clause=self.clause, since=since, because=because)
            yield context.want(context.field(self.field), skill, clause=self.clause, since=since, because=because)
        elif category:
            yield context.tag(
                self.unknown_tag, clause=self.clause, since=since, because=f"{because} is not on the list"
            )
