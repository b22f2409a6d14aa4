"""Tickets that were merged into another one: which, since when they were there, and what came along with them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bridge.ticket import Message, PhoneContact, Role, Ticket, TicketRef
from mappings.connection import Connection
from mappings.odoo.vocabulary import message_id
from mappings.zendesk.actors import TicketSnapshot
from mappings.zendesk.merges import merged_by
from mappings.zendesk.ticket import to_ticket
from tests.mappings import odoo_records as odoo

AGENT, PAT = 101, 701
USERS = {
    "101": {"id": AGENT, "role": "agent", "email": "a@vendor.example", "name": "Agent"},
    "701": {"id": PAT, "role": "end-user", "email": "pat@acme.example", "name": "Pat"},
}
REF = TicketRef(connection="z", id="7")
CONNECTION = Connection.model_validate({"vendor": "zendesk"})


def audit(ident: int, at: str, author: int, *events: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": ident, "created_at": f"2026-03-02T{at}:00Z", "author_id": author, "events": list(events), **more}


def comment(author: int, text: str, **more: Any) -> dict[str, Any]:
    return {"id": 1, "type": "Comment", "author_id": author, "body": text, "public": True, **more}


def merge_via(**source: Any) -> dict[str, Any]:
    return {"channel": "web", "source": {"from": {}, "to": {}, "rel": "merge"} | source}


def snapshot(ident: int, created: str, *audits: dict[str, Any], opened_by: int = PAT, **more: Any) -> TicketSnapshot:
    ticket = {
        "id": ident,
        "created_at": f"2026-03-02T{created}:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
        "status": "open",
        "requester_id": PAT,
        "submitter_id": opened_by,
    }
    first = audit(1, created, opened_by, {"id": 2, "type": "Create", "field_name": "status", "value": "new"})
    first["events"].insert(0, comment(opened_by, "No sync"))
    return TicketSnapshot(ticket, [first, *audits], USERS, "900", **more)


def merged(*said: dict[str, Any], opened_by: int = PAT, text: str = "Request #8 was merged into this one") -> Ticket:
    closing = audit(9, "08:50", AGENT, comment(AGENT, "Merged into #7"), via=merge_via(to={"ticket_id": 7}))
    source = snapshot(8, "07:00", *said, closing, opened_by=opened_by)
    words = audit(5, "08:50", AGENT, comment(AGENT, text), via=merge_via(**{"from": {"ticket_ids": [8]}}))
    return to_ticket(REF, snapshot(7, "08:00", words, merged={"8": source}), CONNECTION)


def test_what_was_said_on_the_merged_ticket_comes_along_at_its_own_time() -> None:
    call = {"id": 1, "type": "VoiceComment", "author_id": AGENT, "data": {"answered_by_id": AGENT}, "body": "Call"}
    ticket = merged(audit(2, "07:10", AGENT, comment(AGENT, "Which?")), audit(3, "07:20", AGENT, call))
    [merge] = ticket.merges
    assert (merge.source, f"{merge.created_at:%H:%M}", f"{merge.at:%H:%M}") == ("8", "07:00", "08:50")
    said = [(f"{entry.at:%H:%M}", type(entry), entry.actor.role) for entry in merge.said]
    assert said == [("07:10", Message, Role.AGENT), ("07:20", PhoneContact, Role.AGENT)]
    assert not list(ticket.messages(role=Role.AGENT))


def test_a_merged_ticket_that_cannot_be_read_is_still_named() -> None:
    words = audit(5, "08:50", AGENT, comment(AGENT, "Combined"), via=merge_via(**{"from": {"ticket_id": 8}}))
    [merge] = to_ticket(REF, snapshot(7, "08:00", words), CONNECTION).merges
    assert (merge.source, merge.created_at, merge.said) == ("8", None, ())


@pytest.mark.parametrize(("opened_by", "speaker"), [(PAT, Role.CUSTOMER), (AGENT, Role.SYSTEM)])
def test_merged_words_are_the_customers_only_if_the_customer_wrote_any(opened_by: int, speaker: Role) -> None:
    [words] = merged(opened_by=opened_by).messages()
    assert words.actor.role is speaker


@pytest.mark.parametrize(
    ("came_from", "text", "found"),
    [
        ({"ticket_ids": [8, 9]}, "Combined", ["8", "9"]),
        ({"ticket_id": 8, "subject": "No sync"}, "Combined", ["8"]),
        ({}, 'Requests #8 "A", #9 "B" were closed and merged into this request.\nsee #12', ["8", "9"]),
        ({}, "Anfrage #8 wurde in #7 zusammengeführt", ["8"]),
        ({}, "Combined", []),
        ({"ticket_ids": None, "ticket_id": None}, "", []),
    ],
)
def test_merged_tickets_are_known_by_id_or_else_by_the_text(
    came_from: dict[str, Any], text: str, found: list[str]
) -> None:
    assert (
        merged_by(audit(5, "08:50", AGENT, comment(AGENT, text), ticket_id=7, via=merge_via(**{"from": came_from})))
        == found
    )
    assert merged_by(audit(5, "08:50", AGENT, comment(AGENT, "#8"), via={"channel": "web"})) == []


def link(way: str, *idents: int) -> dict[str, Any]:
    links = ", ".join(f'<a href="#" data-oe-model="helpdesk.ticket" data-oe-id="{i}">HT{i:05}</a>' for i in idents)
    body = f"<p>This helpdesk ticket has been merged {way} {links}</p>"
    return {"body": body, "subject": "Merge helpdesk ticket"}


def posted_on(ticket: int) -> str:
    return f"<861.177.735-openerp-{ticket}-helpdesk.ticket@odoo.example>"


def test_in_odoo_messages_that_moved_with_a_merge_are_what_was_said_there() -> None:
    ours = message_id("followup/1", "reminder", 3)
    ticket = odoo.seen(
        odoo.record(60),
        odoo.message(1, -30, odoo.P_AGENT, "Which?", message_id=posted_on(3)),
        odoo.message(2, -20, odoo.P_BRIDGE, "Reminder", message_id=ours),
        odoo.message(3, -10, odoo.PAT, "All", message_type="email", message_id="<1@acme.example>"),
        odoo.message(4, 10, odoo.P_AGENT, "Try again", message_id=posted_on(3)),
        odoo.message(5, 20, odoo.PAT, "Still down", message_type="email", message_id="<2@acme.example>"),
        odoo.message(6, 30, odoo.P_AGENT, "", message_id=posted_on(3), **link("to", 7)),
        odoo.message(7, 30, odoo.P_AGENT, "", message_id=posted_on(7), **link("from", 3)),
        odoo.message(8, 40, odoo.P_AGENT, "We look", message_id=posted_on(7)),
        merged={3: {"id": 3, "create_date": odoo.at(-40)}},
    )
    [merge] = ticket.merges
    assert (merge.source, merge.created_at, merge.actor.role) == ("3", odoo.START - timedelta(minutes=40), Role.AGENT)
    minutes = [(entry.at - odoo.START).total_seconds() // 60 for entry in merge.said]
    assert minutes == [-30, -20, -10, 10]
    own = [
        (message.text, message.actor.role) for message in ticket.messages() if message.text.partition(" ")[0] != "This"
    ]
    assert own == [("Still down", Role.CUSTOMER), ("We look", Role.AGENT)]
    assert not any(entry.keys for entry in ticket.timeline), "a reminder of the other ticket is not one of this one"


def test_in_odoo_a_ticket_that_was_merged_ends_with_the_other_one() -> None:
    for into, ending in ((9, "the ticket was merged into #9"), (0, "the ticket was archived")):
        assert str(odoo.seen(odoo.record(active=False), merged_into=into).ending) == ending
