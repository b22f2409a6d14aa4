"""The tags that the policies can set, each with the colour of its kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.odoo.setup.context import ALSO_ARCHIVED, SetupContext
from bridge.helpdesks.odoo.setup.external_ids import SetupRecord, external_id
from bridge.helpdesks.odoo.setup.tag_colors import color_of
from bridge.policy.model import Policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.ticket import tag_form


def ensure_tags(context: SetupContext, policies: Sequence[Policy]) -> Iterator[InstallLine]:
    """Create the tags that the policies can set: the bridge's user cannot. Tags of the same form are used."""
    model = context.schema.tag
    packs: dict[str, dict[str, None]] = {}
    for policy in policies:
        for tag in sorted(helpdesk_requirements([policy]).tags):
            packs.setdefault(tag, {})[policy.pack] = None
    existing = context.client.search_read(model, [], ["name"], order="id", context=ALSO_ARCHIVED)
    taken = {tag_form(record["name"]) for record in existing}
    has = context.fields_of(model)
    everywhere = {"company_id/.id": ""} if "company_id" in has else {}
    records = [
        SetupRecord(
            model,
            external_id("tag", tag),
            tag,
            f"by {', '.join(by)}",
            {"name": tag, **everywhere, **({"color": str(color_of(tag))} if "color" in has else {})},
            frozenset({"name"}),
        )
        for tag, by in packs.items()
    ]
    yield from context.ensure(records, {tag for tag in packs if tag_form(tag) in taken})
    yield from _ensure_colors(context, [record for record in records if record.columns.get("color", "0") != "0"])


def _ensure_colors(context: SetupContext, records: Sequence[SetupRecord]) -> Iterator[InstallLine]:
    """Give our tags without a colour that of their kind; a colour that people chose stays."""
    present = context.external_ids.present(records, ["color"]) if records else {}
    plain = [record for record in records if present.get(record.external_id, {}).get("color") == 0]
    if context.apply and plain:
        context.external_ids.load([record.only(["color"]) for record in plain])
    yield from (InstallStep("change", each.model, each.name, f"lacks a colour; {each.why}") for each in plain)
