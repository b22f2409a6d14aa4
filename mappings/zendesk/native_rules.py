"""Zendesk's own rules in a form for every vendor: schedules, SLA policies, and automations that remind and close. Pure.

https://developer.zendesk.com/api-reference/ticketing/business-rules/sla_policies/
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from mappings.native_conditions import NotSayable, slug
from mappings.native_rules import (
    Metric,
    NativeCalendar,
    NativePolicy,
    NativeRules,
    NativeStep,
    NativeTarget,
    NotTaken,
    Source,
)
from mappings.time_zones import allowed_zones, iana_zone
from mappings.zendesk.native_conditions import STATUSES, NativeConditions

Json = Mapping[str, Any]

DOCUMENTS = (
    "sla_policies",
    "schedules",
    "triggers",
    "automations",
    "ticket_fields",
    "groups",
    "brands",
    "ticket_forms",
    "organizations",
    "custom_statuses",
    "unreadable",
)
"""What Zendesk's own lists are called, each under its own name."""
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY_MINUTES = 24 * 60
_METRICS = frozenset(Metric) - {Metric.STAGE}
_TYPES = ("question", "incident", "problem", "task")
_PRIORITIES = ("urgent", "high", "normal", "low")
_PLACEHOLDERS = {"ticket.title": "{subject}", "ticket.requester.name": "{requester}", "ticket.id": "{ticket}"}
_SPOKEN_TO_CUSTOMER = ("requester_id", "requester_and_ccs")


def native_rules(documents: Json) -> NativeRules:
    """What the rules in an account's documents promise. Switched-off rules are left out."""
    conditions = NativeConditions(documents)
    not_taken = [
        NotTaken(Source("list", str(path), "not readable"), "Zendesk does not show it to this user, or on this plan")
        for path in documents.get("unreadable") or ()
    ]
    calendars = tuple(_calendars(documents, not_taken))
    policies = tuple(_policies(documents, conditions, not_taken))
    steps = tuple(_steps(documents, conditions, not_taken))
    facts = tuple(conditions.facts.values())
    return NativeRules(calendars, policies, steps, facts, conditions.names, tuple(not_taken), _TYPES)


def _calendars(documents: Json, not_taken: list[NotTaken]) -> Iterator[NativeCalendar]:
    for each in documents.get("schedules") or ():
        source = _source("schedule", each, "name")
        spelling = str(each.get("time_zone") or "")
        zone = iana_zone(spelling)
        if zone is None:
            reason = f"found time zone {spelling!r}; allowed: {allowed_zones(spelling)}"
            not_taken.append(NotTaken(source, reason))
            continue
        yield NativeCalendar(source, slug(source.title), zone, _hours(each), tuple(_holidays(each)))


def _hours(schedule: Json) -> dict[str, tuple[str, ...]]:
    """Intervals in minutes since Sunday 00:00, local time."""
    hours: dict[str, list[str]] = {}
    for interval in sorted(schedule.get("intervals") or (), key=lambda each: int(each["start_time"])):
        start, end = int(interval["start_time"]), int(interval["end_time"])
        while start < end:
            day = start // _DAY_MINUTES
            stop = min(end, (day + 1) * _DAY_MINUTES)
            hours.setdefault(DAYS[day % 7], []).append(f"{_clock_time(start, day)}-{_clock_time(stop, day)}")
            start = stop
    return {day: tuple(hours[day]) for day in (*DAYS[1:], DAYS[0]) if day in hours}


def _clock_time(minutes: int, day: int) -> str:
    hour, minute = divmod(minutes - day * _DAY_MINUTES, 60)
    return f"{hour:02d}:{minute:02d}"


def _holidays(schedule: Json) -> Iterator[date]:
    for each in schedule.get("holidays") or ():
        day, last = date.fromisoformat(each["start_date"]), date.fromisoformat(each["end_date"])
        while day <= last:
            yield day
            day += timedelta(days=1)


def _policies(documents: Json, conditions: NativeConditions, not_taken: list[NotTaken]) -> Iterator[NativePolicy]:
    for each in sorted(documents.get("sla_policies") or (), key=lambda policy: int(policy.get("position") or 0)):
        source = _source("SLA policy", each)
        try:
            condition = conditions.translate(each.get("filter") or {})
        except NotSayable as error:
            advice = "its targets are left out, and no later policy gives way to it"
            not_taken.append(NotTaken(source, f"its filter uses {error}; {advice}"))
            continue
        targets = tuple(_targets(each, source, not_taken))
        if each.get("metric_settings"):
            not_taken.append(NotTaken(source, "its advanced settings say otherwise what starts or ends a metric"))
        yield NativePolicy(source, condition, targets)


def _targets(policy: Json, source: Source, not_taken: list[NotTaken]) -> Iterator[NativeTarget]:
    for each in policy.get("policy_metrics") or ():
        metric, priority = str(each.get("metric")), str(each.get("priority"))
        if metric not in _METRICS or priority not in _PRIORITIES:
            not_taken.append(NotTaken(source, f"the metric {metric} for priority {priority} has no word in a policy"))
            continue
        if not str(each.get("target")).isdigit():
            reason = f"its {metric} for priority {priority}: found target {each.get('target')!r}; allowed: minutes"
            not_taken.append(NotTaken(source, reason))
            continue
        yield NativeTarget(Metric(metric), priority, int(each["target"]), bool(each.get("business_hours")))


def _steps(documents: Json, conditions: NativeConditions, not_taken: list[NotTaken]) -> Iterator[NativeStep]:
    active = [each for each in documents.get("automations") or () if each.get("active") is not False]
    marks = frozenset(tag for each in active for tag in _added_tags(each))
    for each in active:
        source = _source("automation", each)
        try:
            yield _step(each, source, conditions, marks, not_taken)
        except NotSayable as error:
            not_taken.append(NotTaken(source, str(error)))


def _added_tags(automation: Json) -> list[str]:
    actions = [each for each in automation.get("actions") or () if each.get("field") in ("current_tags", "set_tags")]
    return [tag for action in actions for tag in _words(action)]


def _step(
    automation: Json,
    source: Source,
    conditions: NativeConditions,
    marks: frozenset[str],
    not_taken: list[NotTaken],
) -> NativeStep:
    """``marks``: tags by which automations know what has been done, as a policy does without them."""
    written = automation.get("conditions") or {}
    waits = [each for each in written.get("all") or () if str(each.get("field")).lower() in STATUSES]
    if len(waits) != 1 or not _is_after_hours(waits[0]) or written.get("any"):
        raise NotSayable("it does not wait for a number of hours in one status")
    wait = waits[0]
    others = [each for each in written.get("all") or () if each is not wait and each.get("field") != "status"]
    beside = [kept for each in others if (kept := _without_marks(each, marks))]
    if beside != others:
        not_taken.append(NotTaken(source, "its tags only keep it from running twice, which a policy does by itself"))
    reminder, becomes = _effects(automation, source, not_taken)
    if not reminder and not becomes:
        raise NotSayable("it neither writes to the customer nor solves or closes the ticket")
    try:
        condition = conditions.translate({"all": beside})
    except NotSayable as error:
        raise NotSayable(f"it also asks for {error}") from error
    status = STATUSES[str(wait["field"]).lower()]
    in_business_hours = str(wait.get("operator", "")).endswith("business_hours")
    return NativeStep(source, status, int(wait["value"]), in_business_hours, condition, reminder, becomes)


def _is_after_hours(wait: Json) -> bool:
    return str(wait.get("value")).isdigit() and str(wait.get("operator")).startswith(("is", "greater_than"))


def _without_marks(condition: Json, marks: frozenset[str]) -> Json | None:
    """A condition without tags that only say what automations have done; None if nothing is left of it."""
    if condition.get("field") != "current_tags":
        return condition
    tags = _words(condition)
    is_any = condition.get("operator") == "includes"
    left = [tag for tag in tags if tag not in marks]
    if left == tags or (is_any and left):
        return condition
    return {**condition, "value": " ".join(left)} if left else None


def _words(each: Json) -> list[str]:
    """The tags of a condition or action, however they are listed."""
    value = each.get("value")
    return [tag for part in (value if isinstance(value, list) else [value]) for tag in str(part).split()]


def _effects(automation: Json, source: Source, not_taken: list[NotTaken]) -> tuple[str, str]:
    """The text that the customer gets, and the status that follows."""
    reminder, becomes = "", ""
    actions = automation.get("actions") or ()
    if any(each.get("field") == "comment_mode_is_public" and str(each.get("value")) == "false" for each in actions):
        raise NotSayable("it writes an internal note; a reaction of the policy can do that")
    for action in actions:
        name, value = str(action.get("field")), action.get("value")
        if name == "status" and value in ("solved", "closed"):
            becomes = str(value)
        elif name in ("comment_value", "comment_value_html"):
            reminder = _template(value[-1] if isinstance(value, list) else str(value), source, not_taken)
        elif name == "notification_user" and isinstance(value, list) and value[0] in _SPOKEN_TO_CUSTOMER:
            reminder = _template(str(value[-1]), source, not_taken)
        elif name not in ("current_tags", "set_tags", "remove_tags", "comment_mode_is_public"):
            not_taken.append(NotTaken(source, f"its action {name} is left out"))
    return reminder, becomes


def _template(text: str, source: Source, not_taken: list[NotTaken]) -> str:
    """A text with the placeholders of a policy; what has no placeholder there is left out, and said."""
    text = re.sub(r"<br\s*/?>|</p>", "\n", text)
    text = re.sub(r"<[^>]+>", "", text)

    def replace(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name in _PLACEHOLDERS:
            return _PLACEHOLDERS[name]
        not_taken.append(NotTaken(source, f"its placeholder {found[0]} is left out of the text"))
        return ""

    text = re.sub(r"\{\{(.*?)\}\}|\{%.*?%\}", lambda found: replace(found) if found[1] else "", text)
    return text.strip()


def _source(kind: str, document: Json, name: str = "title") -> Source:
    return Source(kind, str(document.get("id")), str(document.get(name) or document.get("raw_title") or "no title"))
