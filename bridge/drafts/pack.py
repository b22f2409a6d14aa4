"""A draft of a pack from a helpdesk's own rules: each rule cites the native rule that it came from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bridge.drafts.clauses import Clauses
from bridge.drafts.clocks import DIFFERENCES, PRIORITIES, DraftClock, draft_clocks
from bridge.drafts.waiting import ALWAYS, WaitingDrafts
from mappings.native_rules import NativeCalendar, NativeFact, NativeRules, NotTaken

PRIORITY_CLAUSE = "PRIORITY"
ALL_TIME_CLAUSE = "ALL-TIME"


@dataclass(frozen=True)
class Draft:
    """A pack as its sections, in the order in which people read them, and what was left out."""

    sections: dict[str, Any]
    clocks: tuple[DraftClock, ...]
    calendars: Mapping[str, NativeCalendar]
    """The native calendars by name."""
    not_taken: tuple[NotTaken, ...]


def draft(rules: NativeRules, pack: str, title: str, effective: date) -> Draft:
    """A draft that can be loaded. ``effective``: the day on which it comes into force."""
    clauses, not_taken = Clauses(), list(rules.not_taken)
    severity = _severity(clauses)
    calendars = _calendars(rules, clauses)
    clocks = tuple(draft_clocks(rules, not_taken))
    clock_sections = [each.section(clauses.cite(each.policy.source, each.promise), ALWAYS) for each in clocks]
    waiting = WaitingDrafts(rules, clauses, not_taken)
    sections = {
        "pack": pack,
        "title": title,
        "version": "1",
        "effective": effective,
        "ticket_types": list(rules.ticket_types),
        "facts": {each.name: _fact(each) for each in rules.facts},
        "calendars": calendars,
        "severity": severity,
        "clocks": clock_sections,
        "waiting": waiting.waiting,
        "reactions": waiting.reactions,
        "templates": {"severity": "Priority {level} ({clause}).", **waiting.templates},
        "clauses": clauses.texts,
        "informational": list(clauses.informational()),
        "interpretations": list(_interpretations(clocks, clock_sections)),
    }
    written = {key: value for key, value in sections.items() if value or key == "ticket_types"}
    return Draft(written, clocks, {each.name: each for each in rules.calendars}, tuple(not_taken))


def _severity(clauses: Clauses) -> dict[str, Any]:
    text = "The priority that people set selects the target; a ticket without a priority has none."
    return {
        "clause": clauses.add(PRIORITY_CLAUSE, "Priority", text),
        "levels": {priority: priority for priority in PRIORITIES},
        "rows": [],
        "chosen_in": {},
    }


def _calendars(rules: NativeRules, clauses: Clauses) -> dict[str, Any]:
    calendars: dict[str, Any] = {}
    for each in rules.calendars:
        days = len(each.holidays)
        closed = f", closed on {days} {'day' if days == 1 else 'days'}" if days else ""
        calendars[each.name] = {
            "clause": clauses.cite(each.source, f"Business hours in {each.time_zone}{closed}."),
            "time_zone": each.time_zone,
            "hours": each.hours,
            **({"holidays": list(each.holidays)} if each.holidays else {}),
            **({"closed": [_closed(*span) for span in each.closed]} if each.closed else {}),
        }
    all_time = clauses.add(ALL_TIME_CLAUSE, "All time", "Targets that are not in business hours count all the time.")
    return {**calendars, ALWAYS: {"clause": all_time, "hours": "always"}}


def _closed(starts: datetime, ends: datetime) -> dict[str, str]:
    return {"starts": f"{starts:%Y-%m-%d %H:%M}", "ends": f"{ends:%Y-%m-%d %H:%M}"}


def _interpretations(clocks: tuple[DraftClock, ...], sections: list[dict[str, Any]]) -> Iterator[dict[str, str]]:
    for clock, section in zip(clocks, sections, strict=True):
        if reading := DIFFERENCES.get(clock.metric):
            question = f"When does {clock.name} start?"
            yield {"clause": section["clause"], "question": question, "reading": reading}
        if clock.policy.difference:
            question = f"By which state of a ticket does {clock.name} apply?"
            yield {"clause": section["clause"], "question": question, "reading": clock.policy.difference}


def _fact(fact: NativeFact) -> dict[str, Any]:
    if not fact.values:
        return {"label": fact.label}
    return {"type": "choice", "values": sorted(set(fact.values.values())), "label": fact.label}
