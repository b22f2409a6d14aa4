"""Workflows: named stages, and the status, messages, tags and facts of each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from bridge.decision import SystemField
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.rule import PackPart, Rule
from bridge.policy.evaluation.sentence import Sentence
from bridge.policy.references import Citation, FactName, OwnName, TagName, TemplateName
from bridge.ticket import Message, Role, Status, TimelineEntry, fact_field


class StatusChoice(PackPart):
    """A status that a stage sets if its condition is true; the first match applies."""

    when: Predicate = Predicate()
    set: Status


class RequiredFact(PackPart):
    """A fact that must be known in a stage."""

    fact: FactName
    tag: TagName
    """Without the ``policy_`` prefix."""
    message: TemplateName | None = None
    """Template of the public message that the stage owes as soon as the fact is known."""


class WorkflowStage(PackPart):
    """One stage of a workflow."""

    stage: str
    clause: Citation | None = None
    status: tuple[StatusChoice, ...] = ()
    message: TemplateName | None = None
    """Template of the public message that entering owes."""
    update_due_tag: TagName | None = None
    """Tag while the owed message is not on the ticket; an agent's own public message pays it as well."""
    note: TemplateName | None = None
    tags: tuple[TagName, ...] = ()
    """Tags while the ticket is in this stage."""
    tags_until: str | None = None
    """Later stage up to which the tags stay, whatever comes between."""
    needs: tuple[RequiredFact, ...] = ()

    def owes(self) -> bool:
        """Whether this stage has a message to the customer that is still to be sent."""
        return bool(self.message or any(need.message for need in self.needs))


def is_owed(context: Context, entry: TimelineEntry) -> bool:
    """Whether an entry is the message of a workflow stage; no other message of the bridge meets a clock."""
    if not (entry.keys and isinstance(entry, Message)):
        return False
    return any(key.split("/")[0] in _owing_clauses(context) for key in entry.keys)


def _owing_clauses(context: Context) -> frozenset[str]:
    def owing() -> frozenset[str]:
        flows = context.rules(Workflow)
        return frozenset(step.clause or flow.clause for flow in flows for step in flow.stages if step.owes())

    return context.derived("the clauses that owe a message", owing)


class Workflow(Rule):
    """The stages of a ticket, stored in one fact."""

    name: OwnName
    fact: FactName = "stage"
    when: Predicate = Predicate()
    stages: tuple[WorkflowStage, ...]

    def evaluate(self, context: Context) -> Iterator[RuleOutcome]:
        step, since = self._current(context)
        if step is None:
            because = f"{self.fact.replace('_', ' ')} is {context.lookup(self.fact) or 'not known'}"
            yield context.applied(self.name, clause=self.clause, applied=False, because=because)
            return
        yield from self._lasting_tags(context, step)
        because = Sentence("the ticket reached stage %(stage)s", stage=step.stage.replace("_", " "))
        yield context.applied(self.name, clause=step.clause or self.clause, applied=True, because=because)
        yield from self._enter(context, step, since, because)

    def _current(self, context: Context) -> tuple[WorkflowStage | None, datetime]:
        period = context.field_periods(fact_field(self.fact))[-1]
        steps = (step for step in self.stages if step.stage == period.value and context.holds(self.when))
        return next(steps, None), period.start

    def _enter(self, context: Context, step: WorkflowStage, since: datetime, because: str) -> Iterator[RuleOutcome]:
        clause = step.clause or self.clause
        choice = next((choice for choice in step.status if context.holds(choice.when, since)), None)
        if choice:
            yield context.want(SystemField.STATUS, choice.set, clause=clause, since=since, because=because)
        for tag in step.tags:
            yield context.tag(tag, clause=clause, since=since, because=because)
        if step.note:
            yield context.note(step.note, clause=clause, since=since, because=because)
        if step.message:
            yield from self._owed_message(context, step, since, because)
        for need in step.needs:
            if context.lookup(need.fact) in (None, ""):
                missing = f"stage {step.stage.replace('_', ' ')} needs {need.fact.replace('_', ' ')}"
                yield context.tag(need.tag, clause=clause, since=since, because=missing)
            elif need.message:
                known = max(since, context.since(fact_field(need.fact)))
                yield context.message(
                    need.message, clause=clause, since=since, because=because, due=known, gives_way=False
                )

    def _lasting_tags(self, context: Context, present: WorkflowStage) -> Iterator[RuleOutcome]:
        """Tags of earlier stages that outlast them."""
        periods = context.field_periods(fact_field(self.fact))
        for step in self.stages:
            entered = [period.start for period in periods[:-1] if step.tags_until and period.value == step.stage]
            ended = [period.start for period in periods if period.value == step.tags_until]
            if entered and step is not present and not (ended and ended[-1] > entered[-1]):
                because = f"kept until stage {str(step.tags_until).replace('_', ' ')}"
                for tag in step.tags:
                    yield context.tag(tag, clause=step.clause or self.clause, since=entered[-1], because=because)

    def _owed_message(
        self, context: Context, step: WorkflowStage, since: datetime, because: str
    ) -> Iterator[RuleOutcome]:
        """The message is owed; one with a mark is paid by an agent's own public message as well."""
        clause, template = step.clause or self.clause, step.message or ""
        owed = context.message(template, clause=clause, since=since, because=because, gives_way=False)
        if step.update_due_tag and any(
            said.at >= since for said in context.ticket.messages(public=True, role=Role.AGENT)
        ):
            return
        if step.update_due_tag and not context.is_shown_on_ticket(owed.key):
            yield context.tag(step.update_due_tag, clause=clause, since=since, because=because)
        yield owed
