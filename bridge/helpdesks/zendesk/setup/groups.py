"""Groups for the tiers and named groups of the policies."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision.display import title
from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.zendesk.setup.context import PlacedRecord, SetupContext
from bridge.helpdesks.zendesk.setup.records import GROUP, WantedRecord
from bridge.helpdesks.zendesk.setup.similar import is_alike, similar
from bridge.ports.helpdesk import Diagnosis


def ensure_groups(context: SetupContext) -> Iterator[InstallLine]:
    """Create missing groups if that is allowed; groups of the same name are used."""
    placed = [each for each in _placed(context) if context.is_for_us(each)]
    made = context.records.present([each.record for each in placed])
    names = {str(row.get("name")).casefold(): int(row["id"]) for row in context.records.rows(GROUP).values()}
    used = {
        each.record.key: names[each.record.name.casefold()]
        for each in placed
        if each.record.key not in made and each.record.name.casefold() in names
    }
    missing = [each for each in placed if each.record.key not in {*made, *used}]
    refused = [each for each in missing if not context.has_consent(each, context.options.groups)]
    if refused:
        listed = ", ".join(f"{each.record.name} ({each.place[0]}.{each.place[1]})" for each in refused)
        advice = f"there is none for {listed}; name yours in the file, or let --groups create them"
        yield Diagnosis("groups", ok=True, advice=advice)
    for each in missing if not refused else ():
        others = [row for row in context.records.rows(GROUP).values() if is_alike(each.record.name, str(row["name"]))]
        yield from similar(each, [f"{row['name']} ({row['id']})" for row in others])
    yield from context.ensure([each for each in placed if each not in refused], used)
    if len(missing) > len(refused):
        yield Diagnosis(
            "groups", ok=True, advice="new groups have no agents; add them in Admin Center > People > Groups"
        )


def _placed(context: SetupContext) -> Iterator[PlacedRecord]:
    for tier in sorted(context.needed.tiers):
        record = WantedRecord(GROUP, f"group.tier_{tier}", f"Tier {tier}", f"tiers.{tier}", {})
        yield PlacedRecord(("tiers", tier), record)
    for name in sorted(context.needed.groups):
        record = WantedRecord(GROUP, f"group.{name}", title(name), f"groups.{name}", {})
        yield PlacedRecord(("groups", name), record)
