"""Closed lists of categories, and who is good at them."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Outcome, Rule


class Categories(Rule):
    """The categories of one form; a known one routes by skill, an unknown one is marked."""

    name: str
    when: Predicate = Predicate()
    fact: str = "category"
    skills: dict[str, str]
    """Category, in the document's words -> skill or team that takes it."""
    field: str = "skill"
    unknown_tag: str

    def judge(self, case: Case) -> Iterator[Outcome]:
        if not case.holds(self.when):
            yield case.applied(self.name, clause=self.clause, applied=False, because=self.when.failing(case.lookup))
            return
        category, since = case.lookup(self.fact), case.since(f"fact:{self.fact}")
        skill = self.skills.get(str(category))
        because = f"category {category or 'is not known'}"
        yield case.applied(self.name, clause=self.clause, applied=skill is not None, because=because)
        if skill:
            yield case.tag(f"skill_{skill}", clause=self.clause, since=since, because=because)
            yield case.want(f"field:{self.field}", skill, clause=self.clause, since=since, because=because)
        elif category:
            yield case.tag(self.unknown_tag, clause=self.clause, since=since, because=f"{because} is not in the list")
