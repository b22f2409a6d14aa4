"""Explanations: a decision together with all that people need to follow it."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from bridge.account import Account
from bridge.decision import Cited, Decision, Plan
from bridge.explain.clock_sums import CountedClock, with_sum
from bridge.policy.model import Policy
from bridge.ticket import Facts


class QuotedClause(Facts):
    """The text of a clause, and the heading of the document under which it stands."""

    heading: str
    text: str


class Explanation(Decision):
    """A decision with the sums of its clocks, the text of its clauses and what is left to do."""

    clocks: tuple[CountedClock, ...] = ()
    plan: Plan | None = None
    """None: nobody asked what is left to do."""
    scope: tuple[str, ...] = ()
    """What decides how far the bridge may go on the ticket: rollout rules, the mode, or who has taken it out."""
    changes: tuple[str, ...] | None = Field(default=None, exclude_if=lambda changes: changes is None)
    """Of a what-if: what differs from the decision without it, in lines; None: it is no what-if."""
    clauses: dict[str, QuotedClause] = {}
    """Every clause that is cited and stands in the document."""


def explain(
    decision: Decision,
    policy: Policy,
    account: Account | None = None,
    plan: Plan | None = None,
    scope: tuple[str, ...] = (),
) -> Explanation:
    """Explain a decision by the policy and the account it was made with.

    With ``plan`` it also says what of it is still to be written.
    """
    account = account or Account()
    policy, _ = policy.fitted(account)
    clocks = (with_sum(clock, policy.calendar_for(clock.calendar, account), decision.at) for clock in decision.clocks)
    cited = dict.fromkeys(item.cite.clause for item in _cited(decision, plan))
    quoted = {name: policy.clauses[name] for name in cited if name in policy.clauses}
    return Explanation(
        **{**dict(decision), "clocks": tuple(clocks)},
        plan=plan,
        scope=scope,
        clauses={name: QuotedClause(heading=clause.heading, text=clause.text) for name, clause in quoted.items()},
    )


def _cited(decision: Decision, plan: Plan | None) -> Iterator[Cited]:
    yield from (*decision.clocks, *decision.rules, *decision.desired, *decision.due_messages, *decision.findings)
    yield from () if plan is None else (*plan.actions, *plan.findings)
