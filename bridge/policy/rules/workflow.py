"""Workflows: named stages, and what each of them sets, owes and needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bridge.policy.evaluation.context import Case
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import Outcome, PackPart, Rule
from bridge.ticket import Role, Status


class StatusChoice(PackPart):
    """A status that a stage sets where a condition holds; the first that matches counts."""

    when: Predicate = Predicate()
    set: Status


class Need(PackPart):
    """A fact that must be known in a stage."""

    fact: str
    tag: str
    """Without the ``policy_`` prefix."""
    message: str | None = None
    """Template of the public message that the stage owes as soon as the fact is known."""


class Step(PackPart):
    """One stage of a workflow."""

    stage: str
    clause: str | None = None
    status: tuple[StatusChoice, ...] = ()
    message: str | None = None
    """Template of the public message that entering owes."""
    update_due: str | None = None
    """Tag while the owed message is not on the ticket; an agent's own public message pays it as well."""
    note: str | None = None
    tags: tuple[str, ...] = ()
    """Tags while the ticket is in this stage."""
    tags_until: str | None = None
    """Later stage up to which the tags stay, whatever comes between."""
    needs: tuple[Need, ...] = ()

    def owes(self) -> bool:
        """Whether this stage owes the customer a message."""
        return bool(self.message or any(need.message for need in self.needs))


class Workflow(Rule):
    """The stages a ticket goes through, held by one fact."""

    name: str
    fact: str = "stage"
    when: Predicate = Predicate()
    stages: tuple[Step, ...]

    def judge(self, case: Case) -> Iterator[Outcome]:
        step, since = self._present(case)
        if step is None:
            because = f"{self.fact.replace('_', ' ')} is {case.lookup(self.fact) or 'not known'}"
            yield case.applied(self.name, clause=self.clause, applied=False, because=because)
            return
        yield from self._lasting(case, step)
        because = f"stage {step.stage.replace('_', ' ')} reached"
        yield case.applied(self.name, clause=step.clause or self.clause, applied=True, because=because)
        yield from self._enter(case, step, since, because)

    def _present(self, case: Case) -> tuple[Step | None, datetime]:
        spell = case.spells(f"fact:{self.fact}")[-1]
        steps = (step for step in self.stages if step.stage == spell.value and case.holds(self.when))
        return next(steps, None), spell.start

    def _enter(self, case: Case, step: Step, since: datetime, because: str) -> Iterator[Outcome]:
        clause = step.clause or self.clause
        choice = next((choice for choice in step.status if case.holds(choice.when, since)), None)
        if choice:
            yield case.want("status", choice.set, clause=clause, since=since, because=because)
        for tag in step.tags:
            yield case.tag(tag, clause=clause, since=since, because=because)
        if step.note:
            yield case.note(step.note, clause=clause, since=since, because=because)
        if step.message:
            yield from self._owe(case, step, since, because)
        for need in step.needs:
            if case.lookup(need.fact) in (None, ""):
                missing = f"stage {step.stage.replace('_', ' ')} needs {need.fact.replace('_', ' ')}"
                yield case.tag(need.tag, clause=clause, since=since, because=missing)
            elif need.message:
                known = max(since, case.since(f"fact:{need.fact}"))
                yield case.message(
                    need.message, clause=clause, since=since, because=because, due=known, gives_way=False
                )

    def _lasting(self, case: Case, present: Step) -> Iterator[Outcome]:
        """Tags of earlier stages that outlast them."""
        spells = case.spells(f"fact:{self.fact}")
        for step in self.stages:
            entered = [spell.start for spell in spells[:-1] if step.tags_until and spell.value == step.stage]
            ended = [spell.start for spell in spells if spell.value == step.tags_until]
            if entered and step is not present and not (ended and ended[-1] > entered[-1]):
                because = f"until {str(step.tags_until).replace('_', ' ')}"
                for tag in step.tags:
                    yield case.tag(tag, clause=step.clause or self.clause, since=entered[-1], because=because)

    def _owe(self, case: Case, step: Step, since: datetime, because: str) -> Iterator[Outcome]:
        """The message is owed; one with a mark is paid by an agent's own public message as well."""
        clause, template = step.clause or self.clause, step.message or ""
        owed = case.message(template, clause=clause, since=since, because=because, gives_way=False)
        if step.update_due and any(said.at >= since for said in case.ticket.messages(public=True, role=Role.AGENT)):
            return
        if step.update_due and not case.has_said(owed.key):
            yield case.tag(step.update_due, clause=clause, since=since, because=because)
        yield owed
