"""What in an account uses a record of ours, so that removing it would break something of other people's."""

from __future__ import annotations

import json
from collections.abc import Iterator

from bridge.errors import GiveUp
from bridge.helpdesks.zendesk.client import ZendeskClient
from bridge.helpdesks.zendesk.setup.forms import fields_in_conditions
from bridge.helpdesks.zendesk.setup.records import FIELD, GROUP, VIEW, RecordKind, ZendeskRecords
from mappings.coercion import Json

_RULES = ("triggers", "automations", "macros")


class Dependents:
    """The rules of an account, read once."""

    def __init__(self, records: ZendeskRecords) -> None:
        self._records = records
        self._conditions = fields_in_conditions(records)
        self._rules = [*_rules(records.client), *_views(records)]

    def of(self, kind: RecordKind, ident: str) -> list[str]:
        """What uses a record, in words; empty if nothing does."""
        found = [name for name, text in self._rules if kind in (FIELD, GROUP) and _names(text, kind, ident)]
        if kind is FIELD and int(ident) in self._conditions:
            found.append(f"the conditions of the form {self._conditions[int(ident)]}")
        if kind is GROUP and (tickets := self.tickets(f"group_id:{ident}")):
            found.append(tickets)
        return found

    def tickets(self, query: str) -> str:
        """The number of tickets that a search finds; empty for none, or if it cannot be told."""
        try:
            count = int(self._records.client.get("search/count.json", query=f"type:ticket {query}").get("count") or 0)
        except GiveUp:
            return ""
        return "" if not count else "1 ticket" if count == 1 else f"{count} tickets"


def _rules(client: ZendeskClient) -> Iterator[tuple[str, str]]:
    for path in _RULES:
        try:
            for row in client.pages(f"{path}.json", path):
                yield f"the {path.removesuffix('s')} {row.get('title')}", _text(row)
        except GiveUp:
            continue  # a plan without this feature


def _views(records: ZendeskRecords) -> Iterator[tuple[str, str]]:
    ours = {str(row["id"]) for row in records.ours(VIEW).values()}
    for ident, row in records.rows(VIEW).items():
        if ident not in ours:
            yield f"the view {row.get('title')}", _text(row)


def _text(row: Json) -> str:
    return json.dumps({name: row.get(name) for name in ("conditions", "actions", "execution", "restriction")})


def _names(text: str, kind: RecordKind, ident: str) -> bool:
    quoted = (f'"custom_fields_{ident}"', f'"{ident}"', f": {ident},", f": {ident}}}")
    return any(each in text for each in (quoted if kind is FIELD else quoted[1:]))
