"""The tags of the bridge on open tickets, taken off on request when it leaves."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.decision import TAG_PREFIX
from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.zendesk.client import ZendeskClient
from mappings.zendesk.vocabulary import id_text, parse_tags

_QUERY = "status<closed tags:{prefix}*"


def remove_tags(client: ZendeskClient, *, apply: bool) -> Iterator[InstallLine]:
    """Take every tag with our prefix off the tickets that are not closed; those cannot be changed any more."""
    query = _QUERY.format(prefix=TAG_PREFIX)
    found = client.pages("search/export.json", "results", query=query, **{"filter[type]": "ticket"})
    for ticket in list(found):
        ours = sorted(tag for tag in parse_tags(ticket.get("tags")) if tag.startswith(TAG_PREFIX))
        if not ours:
            continue
        ident = id_text(ticket.get("id"))
        if apply:
            client.send("DELETE", f"tickets/{ident}/tags", {"tags": ours})
        yield InstallStep("change", "ticket", ident, f"loses {', '.join(ours)}")
