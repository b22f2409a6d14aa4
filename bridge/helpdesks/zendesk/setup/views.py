"""Four views for agents: what is due next, what was missed, what needs somebody, and what has no severity yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from bridge.decision import TAG_PREFIX
from bridge.errors import GiveUp
from bridge.helpdesks.installer import InstallLine
from bridge.helpdesks.setup.engine import ensure
from bridge.helpdesks.zendesk.setup.context import SetupContext
from bridge.helpdesks.zendesk.setup.records import VIEW, WantedRecord

_OPEN = {"field": "status", "operator": "less_than", "value": "solved"}
_ATTENTION = (
    "role_unresolved",
    "escalation_requested",
    "no_severity",
    "type_unknown",
    "category_unknown",
    "unlisted_contact",
)
"""Tags by which the bridge asks for a person."""
_ASKING = ("missing_", "awaiting_")
"""The same for kinds of tags."""
_COLUMNS = ("status", "subject", "requester", "group")
_SHOWN = ("severity", "next_due", "next_due_at")
_MOST_COLUMNS = 10


def ensure_views(context: SetupContext) -> Iterator[InstallLine]:
    """Create the views, each with the tags of the configured policies."""
    for record in _views(context):
        yield from ensure(_SortedViews(context), [record], apply=context.apply)


class _SortedViews:
    """Views are sorted by when something is due, or by age where Zendesk does not sort by that field."""

    def __init__(self, context: SetupContext) -> None:
        self._records = context.records
        self.present, self.change, self.digest = context.records.present, context.records.change, context.records.digest

    def create(self, wanted: Sequence[WantedRecord]) -> Iterator[WantedRecord]:
        for record in wanted:
            try:
                yield from self._records.create([record])
            except GiveUp:
                output = {**record.values["output"], "sort_by": "created"}
                yield from self._records.create([replace(record, values={**record.values, "output": output})])


def _views(context: SetupContext) -> Iterator[WantedRecord]:
    tags = sorted(tag.removeprefix(TAG_PREFIX) for tag in context.needed.tags)
    packs = [policy.pack for policy in context.policies]
    breached = [tag for tag in tags if tag.startswith("breached_")]
    attention = [tag for tag in tags if tag in _ATTENTION or tag.startswith(_ASKING)]
    severities = [tag for tag in tags if tag.startswith("severity_")]
    yield _view(context, "due_next", "Policy: due next", "what is due next, the most urgent first", _with(packs))
    if breached:
        yield _view(context, "breached", "Policy: breached", "what was missed", _with(breached))
    if attention:
        yield _view(context, "needs_attention", "Policy: needs attention", "what needs somebody", _with(attention))
    if severities:
        conditions = [*_with(packs), _tag_condition("not_includes", severities)]
        yield _view(context, "without_severity", "Policy: without severity", "what has no severity yet", conditions)


def _with(tags: Sequence[str]) -> list[dict[str, Any]]:
    return [_tag_condition("includes", tags)]


def _tag_condition(operator: str, tags: Sequence[str]) -> dict[str, Any]:
    """One condition on several tags: any of them, or none of them."""
    return {"field": "current_tags", "operator": operator, "value": " ".join(f"{TAG_PREFIX}{tag}" for tag in tags)}


def _view(context: SetupContext, key: str, name: str, tells: str, conditions: Sequence[dict[str, Any]]) -> WantedRecord:
    fields = {name: _field(context, name) for name in _SHOWN}
    columns = [*_COLUMNS, *(ident for ident in fields.values() if ident)][:_MOST_COLUMNS]
    output = {"columns": columns, "sort_by": fields["next_due_at"] or "created", "sort_order": "asc"}
    values = {"all": [_OPEN, *conditions], "any": [], "output": output, "active": True}
    return WantedRecord(
        VIEW, f"view.{key}", name, tells, values, kept=frozenset({"active"}), revised=frozenset({"all"})
    )


def _field(context: SetupContext, name: str) -> str:
    """The field that shows something, whether the connection names it or we have made it; empty for none."""
    target = context.connection.fields.get(name)
    return context.records.made_id(f"field.{name}") or (str(target.field) if target else "")
