"""What an edit of a policy or of a contract would have had due before its cutover, and therefore never happens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.decision import DesiredValue, DueMessage, Fact, SystemField
from bridge.policy.evaluation.adoption import adoption_instant
from bridge.policy.evaluation.before_adoption import without_past
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.evaluated_rule import EvaluatedRule
from bridge.policy.evaluation.outcomes import RuleOutcome

_FOLLOWS_FROM_TIME = (SystemField.STATUS, SystemField.TIER, SystemField.GROUP, SystemField.ASSIGNEE)
"""What is moved on by rules as time passes. A severity and its priority follow from facts, as the edit reads them."""


def rule_outcomes(context: Context, name: str, rule: EvaluatedRule[Context]) -> Iterator[RuleOutcome]:
    """What a rule yields: one that the policy did not have before a cutover begins there."""
    if context.kept.before is None:
        return rule.evaluate(context)
    if not context.kept.begins(name):
        return after_cutover(context, rule.evaluate(context))
    begun = since_cutover(context)
    return without_past(begun, rule.evaluate(begun)) if begun else iter(())


def since_cutover(context: Context) -> Context | None:
    """The ticket as a rule sees it that begins at the cutover; None: it was solved or closed then, and still is."""
    return context.derived("the ticket since the cutover", lambda: _since_cutover(context))


def _since_cutover(context: Context) -> Context | None:
    cutover = context.kept.before
    at = cutover and adoption_instant(context.fetched, max(cutover, context.ticket.created_at))
    if at is None:
        return None
    adopted = context.fetched.model_copy(update={"adopted_at": at})
    return Context(adopted, context.account, context.policy, context.now, context.kept)


def after_cutover(context: Context, outcomes: Iterable[RuleOutcome]) -> Iterator[RuleOutcome]:
    """What rules yield, without what only the edit would have had due by its cutover."""
    cutover = context.kept.before
    for outcome in outcomes:
        match outcome:
            case DueMessage() if cutover and outcome.due_at <= cutover and outcome.key not in context.kept.due:
                pass
            case DesiredValue(target=target) if (
                cutover
                and outcome.since <= cutover
                and (isinstance(target, Fact) or target in _FOLLOWS_FROM_TIME)
                and outcome.key not in context.kept.due
            ):
                pass
            case _:
                yield outcome
