"""The tags of the bridge on open tickets, taken off on request when it leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.decision import TAG_PREFIX
from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.helpdesks.zendesk.client import Json, ZendeskClient
from bridge.ticket import tag_form
from mappings.zendesk.vocabulary import id_text, parse_tags


def remove_tags(client: ZendeskClient, packs: Iterable[str], *, apply: bool) -> Iterator[InstallLine]:
    """Take every tag with our prefix off the tickets of some packs, unless they are closed: those cannot be changed.

    Tickets of which Zendesk's search does not know yet, which may take minutes, keep them until the next run.
    """
    tickets = {id_text(ticket.get("id")): ticket for pack in packs for ticket in _tagged(client, pack)}
    for ticket in tickets.values():
        ours = sorted(tag for tag in parse_tags(ticket.get("tags")) if tag.startswith(TAG_PREFIX))
        if not ours:
            continue
        ident = id_text(ticket.get("id"))
        if apply:
            client.send("DELETE", f"tickets/{ident}/tags", {"tags": ours})
        yield InstallStep("change", "ticket", ident, f"loses {', '.join(ours)}")


def _tagged(client: ZendeskClient, pack: str) -> Iterator[Json]:
    query = f"status<closed tags:{TAG_PREFIX}{tag_form(pack)}"
    return client.pages("search/export.json", "results", query=query, **{"filter[type]": "ticket"})
