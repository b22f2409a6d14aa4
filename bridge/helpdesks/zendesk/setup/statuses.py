"""Custom statuses for the statuses that the policies use and that a category alone cannot tell apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.setup.status_names import NAMES, status_labels
from bridge.helpdesks.zendesk.setup.context import PlacedRecord, SetupContext
from bridge.helpdesks.zendesk.setup.records import STATUS, WantedRecord
from bridge.helpdesks.zendesk.setup.similar import similar
from bridge.ports.helpdesk import Diagnosis
from bridge.ticket import Status
from mappings.zendesk.vocabulary import vocabulary

_LABEL_LENGTH = 48
"""Characters of the longest name: https://developer.zendesk.com/api-reference/ticketing/tickets/custom_ticket_statuses/"""
_TURN_ON = "turn them on in Admin Center > Objects and rules > Tickets > Ticket statuses, and run this again"


def ensure_statuses(context: SetupContext) -> Iterator[InstallLine]:
    """Create missing statuses if that is allowed and custom statuses are on."""
    placed = [_placed(context, status) for status in _needed(context)]
    if not placed:
        return
    used = {each.record.key: ident for each in placed if (ident := _existing(context, each))}
    made = [each for each in placed if context.records.present([each.record])]
    missing = [each for each in placed if each.record.key not in used and each not in made and context.is_for_us(each)]
    refused = [each for each in missing if not context.has_consent(each, context.options.stages)]
    if not context.records.rows(STATUS):
        needed = _listed([each for each in placed if context.is_for_us(each)])
        yield Diagnosis("custom statuses", ok=False, advice=f"are off, and the policies need {needed}; {_TURN_ON}")
        return
    if refused:
        advice = f"there is none for {_listed(refused)}; --statuses creates them"
        yield Diagnosis("custom statuses", ok=True, advice=advice)
    for each in missing if not refused else ():
        yield from similar(each, _others(context, each))
    yield from context.ensure([each for each in placed if each not in refused], used)


def _needed(context: SetupContext) -> list[Status]:
    own = vocabulary().own_statuses
    return [status for status in NAMES if status in context.needed.statuses and status not in own]


def _placed(context: SetupContext, status: Status) -> PlacedRecord:
    label = status_labels(context.policies).get(status, NAMES[status])[:_LABEL_LENGTH]
    values = {"status_category": vocabulary().written_status[status], "active": True, "end_user_label": label}
    why = f"statuses.{status}, in the category {values['status_category']}"
    record = WantedRecord(STATUS, f"status.{status}", label, why, values, kept=frozenset({"active"}))
    return PlacedRecord(("statuses", status.value), record)


def _listed(placed: Iterable[PlacedRecord]) -> str:
    return ", ".join(f"{each.record.name} ({each.place[1]})" for each in placed)


def _others(context: SetupContext, placed: PlacedRecord) -> list[str]:
    """What people have created in the same category: one may mean the same, in other words or another language."""
    category = placed.record.values["status_category"]
    rows = [row for row in context.records.rows(STATUS).values() if row.get("status_category") == category]
    named = [(row, f"{row.get('agent_label')} ({row['id']})") for row in rows if not row.get("default")]
    return [text if row.get("active") else f"{text}, which is off" for row, text in named]


def _existing(context: SetupContext, placed: PlacedRecord) -> int | None:
    """An active status of the same name and category that somebody else has created."""
    record = placed.record
    ours = context.records.present([record]).get(record.key, {}).get("id")
    for row in context.records.rows(STATUS).values():
        same = str(row.get("agent_label")).casefold() == record.name.casefold() and row.get("active")
        if same and row.get("status_category") == record.values["status_category"] and row["id"] != ours:
            return None if ours else int(row["id"])
    return None
