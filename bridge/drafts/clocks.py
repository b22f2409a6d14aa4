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
    Metric.STAGE: {},
}
"""Each metric as a clock. What Zendesk means by them:
https://support.zendesk.com/hc/en-us/articles/4408821871642-Understanding-ticket-reply-time"""

_FIRST_PUBLIC_REPLY = "The clock starts with the ticket; in the helpdesk it starts with the first public reply."
DIFFERENCES: Mapping[Metric, str] = {
    Metric.NEXT_REPLY: "It also starts with what the customer adds before the first reply.",
    Metric.PERIODIC_UPDATE: _FIRST_PUBLIC_REPLY,
    Metric.PAUSABLE_UPDATE: _FIRST_PUBLIC_REPLY,
    Metric.STAGE: "It starts with the ticket; one that goes back to an earlier stage does not start it again.",
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
    def form(self) -> Mapping[str, Any]:
        """What starts, meets and pauses it."""
        form = dict(FORMS[self.metric])
        if self.policy.met_in:
            form["met_in"] = list(self.policy.met_in)
        if resting := [*form.get("paused_in", ()), *self.policy.paused_in]:
            form["paused_in"] = list(dict.fromkeys(resting))
        return form

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
            **self.form,
            "calendar": all_time,
            "targets": {priority: self._target(priority) for priority in self.targets},
        }

    def _target(self, priority: str) -> str | dict[str, str]:
        within, calendar = length(self.targets[priority]), self.calendars[priority]
        return {"within": within, "calendar": calendar.name} if calendar else within


def draft_clocks(rules: NativeRules, not_taken: list[NotTaken]) -> Iterator[DraftClock]:
    """The clocks; of the policies that give way, the first whose condition is true applies to a ticket."""
    earlier: list[Condition] = []
    names: set[str] = set()
    for policy in rules.policies:
        before = tuple(earlier) if policy.gives_way else ()
        if {} in before:
            not_taken.append(NotTaken(policy.source, "no ticket reaches it, because an earlier policy has no filter"))
            continue
        for metric in dict.fromkeys(target.metric for target in policy.targets):
            name = _unused_name(metric, policy, names)
            names.add(name)
            yield _clock(rules, policy, metric, name, before, not_taken)
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
    business = next((each for each in rules.calendars if policy.calendar in ("", each.name)), None)
    if business is None and any(target.is_in_business_hours for target in ordered.values()):
        not_taken.append(NotTaken(policy.source, f"the business hours of {metric}, because there is no schedule"))
    calendars = {name: business if target.is_in_business_hours else None for name, target in ordered.items()}
    return DraftClock(name, metric, policy, earlier, {name: each.minutes for name, each in ordered.items()}, calendars)


def _unused_name(metric: Metric, policy: NativePolicy, names: set[str]) -> str:
    ident = policy.source.id.lower()
    tried = (metric.value, f"{metric}_{ident}", f"{metric}_{ident}_{policy.calendar}")
    return next(name for name in tried if name not in names)


def length(minutes: int) -> str:
    """Minutes as a pack writes them."""
    hours, rest = divmod(minutes, 60)
    return f"{f'{hours}h' if hours else ''}{f'{rest}m' if rest or not hours else ''}"
