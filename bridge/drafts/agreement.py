"""Scenarios that show that a draft agrees with the helpdesk's own rules. Pure.

For each target there are two: answered a minute before the helpdesk's own deadline, and not answered at all. The
deadline is reckoned here from the native calendar alone, in another way than the bridge reckons it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bridge.drafts.clocks import DraftClock
from bridge.drafts.pack import Draft
from bridge.drafts.waiting import ENDS_AS
from bridge.drafts.witness import witness
from mappings.native_rules import Metric, NativeCalendar

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTE = timedelta(minutes=1)
LEAD = timedelta(minutes=5)
_EXAMPLE: Mapping[str, Any] = {"subject": "An example", "requester": {"email": "pat@customer.example"}}
_QUESTION: tuple[tuple[timedelta, Mapping[str, Any]], ...] = (
    (LEAD, {"by": "agent", "reply": "An answer"}),
    (timedelta(), {"by": "customer", "reply": "A question"}),
)
"""How long before the clock starts what happens, where it starts with a question after an answer."""


def agreement(draft: Draft, policy: str, day: datetime) -> list[dict[str, Any]]:
    """Scenarios on tickets that are created at ``day``, aware. ``policy``: the path of the draft's file."""
    answered = [
        scenario
        for clock in draft.clocks
        if (ticket := _ticket(clock)) is not None
        for priority in clock.targets
        for scenario in _scenarios(clock, priority, ticket, policy, day)
    ]
    waiting = [_unanswered(rule, draft, policy, day) for rule in draft.sections.get("waiting", ())]
    return answered + waiting


def _unanswered(rule: Mapping[str, Any], draft: Draft, policy: str, start: datetime) -> dict[str, Any]:
    """Nobody answers: every reminder is sent when the helpdesk would, and then the ticket is solved or closed."""
    calendar = draft.calendars.get(rule["calendar"])
    [status] = rule["statuses"]

    def after(hours: str) -> datetime:
        return native_deadline(start, int(hours.removesuffix("h")) * 60, calendar)

    end = after(rule["close_after"])
    return {
        "name": f"{draft.sections['clauses'][rule['clause']]['heading']}: nobody answers",
        "policy": policy,
        "ticket": {"at": start - LEAD, **_EXAMPLE},
        "events": [{"at": start, "by": "agent", "set": {"status": status}}],
        "until": end,
        "expect": [
            *({"at": after(each["after"]), "public_message": each["message"]} for each in rule["notices"]),
            {"at": end, "set_status": ENDS_AS[status]},
        ],
    }


def unshown(draft: Draft) -> list[str]:
    """Names of clocks for whose condition no example ticket was found, so that no scenario shows them."""
    return [clock.name for clock in draft.clocks if _ticket(clock) is None]


def native_deadline(start: datetime, minutes: int, calendar: NativeCalendar | None) -> datetime:
    """When a target of the helpdesk is over, in UTC; ``calendar`` None: it counts all the time."""
    if calendar is None:
        return start + timedelta(minutes=minutes)
    zone, left = ZoneInfo(calendar.time_zone), timedelta(minutes=minutes)
    day = start.astimezone(zone).date()
    while True:
        for opens, closes in _open(day, calendar, zone):
            opens = max(opens, start)
            if closes - opens >= left:
                return opens + left
            left -= max(closes - opens, timedelta())
        day += timedelta(days=1)


def _open(day: date, calendar: NativeCalendar, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    """When it is open on a day, in UTC; what closes it for a part of the day splits its hours."""
    if day in calendar.holidays:
        return
    gaps = sorted(
        (a.replace(tzinfo=zone).astimezone(UTC), b.replace(tzinfo=zone).astimezone(UTC)) for a, b in calendar.closed
    )
    for hours in calendar.hours.get(DAYS[day.weekday()], ()):
        opens, closes = (_local(day.isoformat(), time, zone) for time in hours.split("-"))
        for begins, ends in (*gaps, (closes, closes)):
            if opens < min(begins, closes):
                yield opens, min(begins, closes)
            opens = max(opens, ends)


def _local(day: str, time: str, zone: ZoneInfo) -> datetime:
    midnight = time == "24:00"
    at = datetime.fromisoformat(f"{day}T{'00:00' if midnight else time}").replace(tzinfo=zone)
    return (at + timedelta(days=1) if midnight else at).astimezone(UTC)


def _ticket(clock: DraftClock) -> Mapping[str, Any] | None:
    """What a ticket has on which a clock runs."""
    return witness(clock.policy.condition, clock.earlier)


def _met(form: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an agent does to meet a clock in time."""
    if reached := form.get("met_in"):
        return {"set": {"status": reached[0]}}
    return {"set": {"status": "solved"}} if form["met_by"] == ["solved"] else {"reply": "An answer"}


def _scenarios(
    clock: DraftClock, priority: str, ticket: Mapping[str, Any], policy: str, start: datetime
) -> Iterator[dict[str, Any]]:
    fixed = ticket.get("priority")
    if fixed not in (None, priority):
        return
    due = native_deadline(start, clock.targets[priority], clock.calendars[priority])
    account = {"account": {"name": ticket["account"]}} if "account" in ticket else {}
    made = {key: value for key, value in ticket.items() if key not in ("account", "priority")}
    asks = _QUESTION if clock.metric is Metric.NEXT_REPLY else ()
    common = {
        "policy": policy,
        **account,
        "ticket": {"at": start - 2 * LEAD if asks else start, **_EXAMPLE, "priority": priority, **made},
    }
    before = [{"at": start - lead, **event} for lead, event in asks]
    met = _met(clock.form)
    breached = f"policy_breached_{clock.name}"
    subject = f"{clock.policy.source}: {clock.metric.replace('_', ' ')} of {priority} tickets"
    yield {
        "name": f"{subject}, missed at the deadline of the helpdesk",
        **common,
        **({"events": before} if before else {}),
        "until": due,
        "expect": [{"at": due, "add_tag": breached}],
    }
    yield {
        "name": f"{subject}, met a minute before",
        **common,
        "events": [*before, {"at": due - MINUTE, "by": "agent", **met}],
        "until": due,
        "never": [{"add_tag": breached}],
    }
