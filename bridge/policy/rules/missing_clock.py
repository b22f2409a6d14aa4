"""Why a ticket has no run of a clock that its conditions let run."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.predicate import Predicate

_NOT_STARTED = {
    "customer_message": "not started, because the customer has asked nothing since the creation",
    "first_customer_message": "not started, because an agent opened the ticket and the customer has not written yet",
}


def no_target(level: str | None, plan: str, plan_targets: Mapping[str, Mapping[str, object]]) -> str:
    """Why there is no target: because of the severity level, or of the plan."""
    if level is None:
        return "no target, because the ticket has no severity level yet"
    if plan in plan_targets:
        return f"no target for severity {level} on the plan {plan}"
    others = [name for name, targets in plan_targets.items() if level in targets]
    return f"no target for severity {level}" + (f", except on the plan {' or '.join(others)}" if others else "")


def no_run(starts_on: str) -> str:
    """Why a clock with a target has not begun, by what starts it."""
    return _NOT_STARTED.get(starts_on, "it was met, or ended, before it had a target")


def not_begun(context: Context, condition: Predicate) -> str:
    """Why a clock with a target has not begun that starts when a condition begins to hold."""
    failing = condition.failing(context.lookup)
    return f"not started; {failing}" if failing else no_run("")
