"""A policy applied to a ticket at an instant. Pure: the same arguments always yield the same decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from bridge.account import Account
from bridge.decision import Clock, Decision, DesiredValue, DueMessage, Finding, KeptClocks, RuleResult, Severity, Target
from bridge.policy.evaluation.before_adoption import after_adoption
from bridge.policy.evaluation.before_cutover import rule_outcomes
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.outcomes import RuleOutcome, Wake
from bridge.policy.model import Policy
from bridge.policy.rules.clock import ClockRule
from bridge.policy.rules.mirror_fields import mirrored_fields
from bridge.policy.rules.unknown_values import unknown_values
from bridge.policy.rules.unread import unread_words
from bridge.roles import with_account_roles
from bridge.ticket import Ticket

O = TypeVar("O", bound=RuleOutcome)  # noqa: E741


def evaluate(
    ticket: Ticket, account: Account | None, policy: Policy, now: datetime, kept: KeptClocks | None = None
) -> Decision:
    """What a policy decides on a ticket at ``now``; ``kept`` clocks of other versions of the policy stay as they are.

    The decision stays the same until its ``wake_at`` as long as ticket, account and policy do. An instant in the
    ticket that lies after ``now`` (a vendor's clock that is ahead) counts as now.
    """
    account = account or Account()
    fitted, misfit = policy.fitted(account)
    return decide(Context(with_account_roles(ticket, account), account, fitted, now, kept), misfit)


def applies(policy: Policy, ticket: Ticket, account: Account | None, now: datetime) -> bool:
    """Whether a pack applies to a ticket as it is now."""
    return not policy.applies_when.root or Context(ticket, account or Account(), policy, now).holds(
        policy.applies_when, now
    )


def applies_since(policy: Policy, ticket: Ticket, account: Account | None, now: datetime) -> datetime | None:
    """Since when a pack has applied to a ticket, by what has happened to it; None: it does not apply now."""
    spans = Context(ticket, account or Account(), policy, now).holding_spans(policy.applies_when)
    return spans[-1][0] if spans and spans[-1][1] is None else None


def decide(context: Context, misfit: str = "") -> Decision:
    """What the rules of the context's policy decide; ``misfit`` says which terms of the contract were left out."""
    policy = context.policy
    outcomes: list[RuleOutcome] = [
        outcome for name, rule in policy.named_rules.items() for outcome in rule_outcomes(context, name, rule)
    ]
    outcomes += [
        outcome for rule in _removed_rules(context, _of_kind(Clock, outcomes)) for outcome in rule.evaluate(context)
    ]
    clocks = context.kept.among(_of_kind(Clock, outcomes))
    outcomes += mirrored_fields(context, clocks)
    outcomes += unknown_values(context)
    outcomes += unread_words(context)
    outcomes += _missing_calendars(context)
    outcomes = [*after_adoption(context, outcomes)]
    if misfit:
        outcomes.append(
            context.finding("misfit", clause=policy.severity.clause, because=misfit, severity=Severity.ERROR)
        )
    return Decision(
        ref=context.ticket.ref,
        at=context.now,
        pack=policy.pack,
        version=policy.version,
        digest=policy.digest,
        level=context.level,
        clocks=clocks,
        desired=latest_by_target(_of_kind(DesiredValue, outcomes)),
        due_messages=without_repetition(_of_kind(DueMessage, outcomes)),
        findings=_of_kind(Finding, outcomes),
        rules=_of_kind(RuleResult, outcomes),
        wake_at=min((wake.at for wake in _of_kind(Wake, outcomes) if wake.at > context.now), default=None),
    )


def _removed_rules(context: Context, clocks: Iterable[Clock]) -> Iterable[ClockRule]:
    """Rules of kept clocks that the policy no longer has: they start nothing, and what runs comes to its end."""
    known = {rule.name for rule in context.rules(ClockRule)} | {clock.name for clock in clocks}
    gone = {clock.name: clock.cite.clause for clock in context.kept.clocks if clock.name not in known}
    return [ClockRule(name=name, clause=clause, met_by=()) for name, clause in gone.items()]


def _missing_calendars(context: Context) -> Iterable[Finding]:
    """Kept clocks whose calendar the policy no longer has: their verdicts stand, and cannot be counted again."""
    gone = {
        clock.calendar: clock
        for clock in context.kept.clocks
        if clock.calendar not in (None, *context.policy.calendars)
    }
    for name, clock in gone.items():
        because = f"{clock.name} was counted on calendar {name!r}, which this version no longer has"
        because += "; its sums use the first calendar"
        yield Finding(cite=clock.cite, because=because, code="calendar_gone", severity=Severity.WARNING)


def _of_kind(kind: type[O], outcomes: Iterable[RuleOutcome]) -> tuple[O, ...]:
    return tuple(outcome for outcome in outcomes if type(outcome) is kind)


def latest_by_target(wants: Iterable[DesiredValue]) -> tuple[DesiredValue, ...]:
    """One value for each target: of the latest occasion, and of two at once that of the later rule."""
    latest: dict[Target, DesiredValue] = {}
    for want in wants:
        if want.target not in latest or want.since >= latest[want.target].since:
            latest[want.target] = want
    return tuple(latest.values())


def without_repetition(messages: Iterable[DueMessage]) -> tuple[DueMessage, ...]:
    """One message for each key: what several rules owe on one occasion is said once."""
    return tuple({message.key: message for message in messages}.values())
