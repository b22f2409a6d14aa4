"""The clocks of a draft: one for each metric of each native SLA policy. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mappings.native_rules import Condition, Metric, NativeCalendar, NativePolicy, NativeRules, NotTaken

PRIORITIES = ("urgent", "high", "normal", "low")

FORMS: Mapping[Metric, Mapping[str, Any]] = {
    Metric.FIRST_REPLY: {"starts_on": "first_customer_message", "met_by": ["agent_message"]},
    Metric.NEXT_REPLY: {"starts_on": "customer_message", "met_by": ["agent_message"]},
    Metric.PERIODIC_UPDATE: {"periodic": True, "met_by": ["agent_message"]},
    Metric.PAUSABLE_UPDATE: {"periodic": True, "met_by": ["agent_message"], "paused_in": ["waiting_customer"]},
    Metric.REQUESTER_WAIT: {"met_by": ["solved"], "on_reopen": "resume", "paused_in": ["waiting_customer"]},
    Metric.AGENT_WORK: {
        "met_by": ["solved"],
        "on_reopen": "resume",
        "paused_in": ["waiting_customer", "waiting_internal"],
    },
    Metric.RESOLUTION: {"met_by": ["solved"], "on_reopen": "resume"},
}
"""Each metric as a clock. What Zendesk means by them:
https://support.zendesk.com/hc/en-us/articles/4408821871642-Understanding-ticket-reply-time"""

_FIRST_PUBLIC_REPLY = "The clock starts with the ticket; in the helpdesk it starts with the first public reply."
DIFFERENCES: Mapping[Metric, str] = {
    Metric.NEXT_REPLY: "It also starts with what the customer adds before the first reply.",
    Metric.PERIODIC_UPDATE: _FIRST_PUBLIC_REPLY,
    Metric.PAUSABLE_UPDATE: _FIRST_PUBLIC_REPLY,
}
"""Where a clock is not quite the metric."""


@dataclass(frozen=True)
class DraftClock:
    """A clock of the draft, and what it came from."""

    name: str
    metric: Metric
    policy: NativePolicy
    earlier: tuple[Condition, ...]
    """Conditions of the policies before its own, which must be false."""
    targets: Mapping[str, int]
    """Priority -> minutes."""
    calendars: Mapping[str, NativeCalendar | None]
    """Priority -> the calendar on which its target counts; None: all time."""

    @property
    def condition(self) -> Condition:
        """The tickets on which it runs."""
        if not self.earlier:
            return self.policy.condition
        not_earlier = {"none": list(self.earlier)}
        return {"all": [self.policy.condition, not_earlier]} if self.policy.condition else not_earlier

    @property
    def promise(self) -> str:
        """What the native policy promises, in a sentence."""
        promised = [
            f"{priority} within {length(minutes)}{' of business time' if self.calendars[priority] else ''}"
            for priority, minutes in self.targets.items()
        ]
        return f"{self.metric.replace('_', ' ').capitalize()}: {', '.join(promised)}."

    def section(self, clause: str, all_time: str) -> dict[str, Any]:
        """The clock as the pack says it."""
        return {
            "name": self.name,
            "clause": clause,
            **({"when": self.condition} if self.condition else {}),
            **FORMS[self.metric],
            "calendar": all_time,
            "targets": {priority: self._target(priority) for priority in self.targets},
        }

    def _target(self, priority: str) -> str | dict[str, str]:
        within, calendar = length(self.targets[priority]), self.calendars[priority]
        return {"within": within, "calendar": calendar.name} if calendar else within


def draft_clocks(rules: NativeRules, not_taken: list[NotTaken]) -> Iterator[DraftClock]:
    """The clocks; of several policies in order, the first whose condition is true applies to a ticket."""
    earlier: list[Condition] = []
    names: set[str] = set()
    for policy in rules.policies:
        if {} in earlier:
            not_taken.append(NotTaken(policy.source, "no ticket reaches it, because an earlier policy has no filter"))
            continue
        for metric in dict.fromkeys(target.metric for target in policy.targets):
            name = metric.value if metric.value not in names else f"{metric}_{policy.source.id.lower()}"
            names.add(name)
            yield _clock(rules, policy, metric, name, tuple(earlier), not_taken)
        earlier.append(policy.condition)


def _clock(
    rules: NativeRules,
    policy: NativePolicy,
    metric: Metric,
    name: str,
    earlier: tuple[Condition, ...],
    not_taken: list[NotTaken],
) -> DraftClock:
    chosen = {target.priority: target for target in policy.targets if target.metric is metric}
    ordered = {priority: chosen[priority] for priority in PRIORITIES if priority in chosen}
    business = rules.calendars[0] if rules.calendars else None
    if business is None and any(target.is_in_business_hours for target in ordered.values()):
        not_taken.append(NotTaken(policy.source, f"the business hours of {metric}, because there is no schedule"))
    calendars = {name: business if target.is_in_business_hours else None for name, target in ordered.items()}
    return DraftClock(name, metric, policy, earlier, {name: each.minutes for name, each in ordered.items()}, calendars)


def length(minutes: int) -> str:
    """Minutes as a pack writes them."""
    hours, rest = divmod(minutes, 60)
    return f"{f'{hours}h' if hours else ''}{f'{rest}m' if rest or not hours else ''}"
