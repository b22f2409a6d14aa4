"""Odoo's own rules in a form for every vendor: SLA policies of the community helpdesk, working hours of teams, and
automation rules that remind and close. Pure.

https://github.com/OCA/helpdesk/tree/19.0/helpdesk_mgmt_sla
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bridge.ticket import RESOLVED
from mappings.native_conditions import NotSayable, joined, name_in
from mappings.native_rules import (
    Metric,
    NativeCalendar,
    NativePolicy,
    NativeRules,
    NativeTarget,
    NotTaken,
    Source,
)
from mappings.odoo.native_automations import native_steps
from mappings.odoo.native_calendars import native_calendar
from mappings.odoo.native_domains import NativeDomains, parse_domain
from mappings.odoo.native_stages import NativeStages
from mappings.odoo.vocabulary import many2many_ids, many2one_id

Json = Mapping[str, Any]

DOCUMENTS = (
    "slas",
    "teams",
    "stages",
    "statuses",
    "calendars",
    "leaves",
    "automations",
    "templates",
    "categories",
    "channels",
    "tags",
    "companies",
    "fields",
    "unreadable",
)
"""Lists of records as Odoo's ``search_read`` gives them; a calendar has its ``attendances``, an automation rule its
``actions``."""
_PRIORITIES = ("urgent", "high", "normal", "low")
_ONLY_AT_CREATION = "By what the ticket is now; Odoo chooses its SLA policies once, when a ticket is created."


def native_rules(documents: Json) -> NativeRules:
    """What the rules in a database's documents promise. Archived rules are left out."""
    stages = stages_of(documents)
    domains = NativeDomains(documents, stages)
    not_taken = [
        NotTaken(Source("list", str(each), "not readable"), _unread(str(each)))
        for each in documents.get("unreadable") or ()
    ]
    calendars = dict(_calendars(documents, not_taken))
    policies = tuple(_policies(documents, domains, calendars, not_taken))
    steps = tuple(native_steps(documents, stages, not_taken))
    used = {policy.calendar for policy in policies}
    names = {**domains.names, **({"statuses": statuses} if (statuses := stages.names()) else {})}
    kept = tuple(each for each in calendars.values() if each.name in used)
    return NativeRules(kept, policies, steps, tuple(domains.facts.values()), names, tuple(not_taken))


def stages_of(documents: Json) -> NativeStages:
    """The stages of a database, each with a status: the one that the connection gives it, or a likely one."""
    given: dict[str, list[int]] = {}
    for each in documents.get("statuses") or ():
        given.setdefault(str(each["status"]), []).append(int(each["stage"]))
    return NativeStages(documents.get("stages") or (), given)


def _unread(name: str) -> str:
    if name == "base.automation":
        return "only an administrator may read automation rules; set ODOO_ADMIN_API_KEY"
    return "it is not installed, or this user may not read it"


def _calendars(documents: Json, not_taken: list[NotTaken]) -> Iterator[tuple[int, NativeCalendar]]:
    names: dict[str, int] = {}
    for each in documents.get("calendars") or ():
        try:
            made = native_calendar(each, list(documents.get("leaves") or ()))
            yield int(each["id"]), replace(made, name=name_in(names, made.source.title, int(each["id"])))
        except NotSayable as error:
            source = Source("calendar", str(each["id"]), str(each.get("name") or "no title"))
            not_taken.append(NotTaken(source, f"it has {error}"))


def _policies(
    documents: Json, domains: NativeDomains, calendars: Mapping[int, NativeCalendar], not_taken: list[NotTaken]
) -> Iterator[NativePolicy]:
    teams = [team for team in documents.get("teams") or () if team.get("use_sla")]
    for each in documents.get("slas") or ():
        source = Source("SLA policy", str(each["id"]), str(each.get("name") or "no title"))
        only = many2many_ids(each.get("team_ids"))
        by_calendar: dict[int, list[Json]] = {}
        for team in teams:
            if not only or team["id"] in only:
                by_calendar.setdefault(many2one_id(team.get("resource_calendar_id")), []).append(team)
        if not by_calendar:
            not_taken.append(NotTaken(source, "no team that uses SLA policies has it"))
        for ident, of_calendar in by_calendar.items():
            try:
                yield _policy(each, source, of_calendar, calendars.get(ident), domains)
            except NotSayable as error:
                not_taken.append(NotTaken(source, str(error)))


def _policy(
    row: Json, source: Source, teams: list[Json], calendar: NativeCalendar | None, domains: NativeDomains
) -> NativePolicy:
    """The policy for the teams with one calendar. Raises ``NotSayable``."""
    idents = tuple(int(team["id"]) for team in teams)
    names = " and ".join(str(team.get("name")) for team in teams)
    if calendar is None:
        raise NotSayable(f"the team {names} has no working hours that policies can express")
    stage = many2one_id(row.get("stage_id"))
    if not stage:
        raise NotSayable("it names no stage, so every ticket meets it at once")
    try:
        reached = domains.stages.from_stage(stage, idents)
        resting = domains.stages.statuses(many2many_ids(row.get("ignore_stage_ids")))
        condition = _condition(row, teams, domains)
    except NotSayable as error:
        raise NotSayable(f"it uses {error}") from error
    minutes = round((float(row.get("hours") or 0) + float(row.get("days") or 0) * calendar.hours_per_day) * 60)
    metric = Metric.RESOLUTION if set(reached) <= RESOLVED else Metric.STAGE
    met_in = () if metric is Metric.RESOLUTION else reached
    targets = tuple(NativeTarget(metric, priority, minutes, True) for priority in _PRIORITIES)
    return NativePolicy(source, condition, targets, False, calendar.name, met_in, resting, idents, _ONLY_AT_CREATION)


def _condition(row: Json, teams: list[Json], domains: NativeDomains) -> Mapping[str, Any]:
    parts = [domains.records("team_id", [int(team["id"]) for team in teams])]
    if categories := many2many_ids(row.get("category_ids")):
        parts.append(domains.records("category_id", categories))
    if tags := many2many_ids(row.get("tag_ids")):
        parts.append(domains.tags(tags))
    if domain := parse_domain(row.get("domain")):
        parts.append(domains.translate(domain))
    return joined(parts)
