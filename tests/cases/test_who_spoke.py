"""Tickets on which somebody has another role than elsewhere, in their vendor's own form."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from bridge.policy.load import load_policy
from mappings.connection import Connection
from tests.support.cases import ReviewedCase, review_odoo, review_zendesk

ANN, BOB, PAT, KIM, CARRIER, BOT = 21, 22, 11, 12, 13, 23
ZENDESK = Connection.model_validate(
    {
        "vendor": "zendesk",
        "mode": "enforce",
        "facts": {"affected": {"field": 360001}},
        "channel": {"tags": {"came_by_phone": "phone"}},
        "statuses": {"customer_update_required": 11, "in_progress": 12},
    }
)
USERS = [
    {"id": 900001, "role": "admin", "email": "bridge@vendor.example", "name": "Policybridge"},
    {"id": ANN, "role": "agent", "email": "ann@vendor.example", "name": "Ann"},
    {"id": BOB, "role": "agent", "email": "bob@vendor.example", "name": "Bob"},
    {"id": BOT, "role": "agent", "email": "bot@vendor.example", "name": "Bot", "custom_role_id": 77},
    {"id": PAT, "role": "end-user", "email": "pat@customer.example", "name": "Pat", "organization_id": 5},
    {"id": KIM, "role": "end-user", "email": "kim@elsewhere.example", "name": "Kim", "organization_id": 5},
    {"id": CARRIER, "role": "end-user", "email": "ack@carrier.example", "name": "Carrier"},
]


def comment(at: str, author: int, text: str, *more: Any) -> dict[str, Any]:
    odoo_message = {"type": "Comment", "author_id": author, "body": text, "public": True}
    return {
        "id": int(at[8:10] + at[11:13] + at[14:16]),
        "created_at": at,
        "author_id": author,
        "events": [odoo_message, *more],
    }


def moved(field: str, old: Any, new: Any) -> dict[str, Any]:
    return {"type": "Change", "field_name": field, "previous_value": old, "value": new}


WAITS = (moved("status", "new", "pending"), moved("custom_status_id", "1", "11"))


def zendesk(
    *audits: dict[str, Any], now: str = "2026-03-05T12:00:00Z", people: Any = None, **ticket: Any
) -> ReviewedCase:
    """A ticket of Monday, 2 March, noon, on which everybody is affected."""
    about = {
        "id": 7,
        "created_at": "2026-03-02T12:00:00Z",
        "updated_at": audits[-1]["created_at"],
        "requester_id": PAT,
        "submitter_id": PAT,
        "organization_id": 5,
        "status": "pending",
        "custom_status_id": 11,
        "type": "incident",
        "subject": "No sign-in",
        "description": "Nobody can sign in",
        "tags": ["came_by_phone"],
        "custom_fields": [{"id": 360001, "value": "all"}],
        "via": {"channel": "email", "source": {"rel": None}},
    }
    first = {"type": "Create", "field_name": "status", "value": "new"}
    opened = comment("2026-03-02T12:00:00Z", (about | ticket)["requester_id"], "Nobody can sign in", first)
    connection = ZENDESK.model_copy(
        update={"people": Connection(vendor="zendesk", people=people).people} if people else {}
    )
    case = {"now": now, "ticket": about | ticket, "audits": [opened, *audits], "users": USERS}
    return review_zendesk(case, connection, load_policy("maas360"))


ASKED = comment("2026-03-02T12:50:00Z", ANN, "Which browser?", *WAITS)


def test_an_agent_who_asks_is_the_customer_and_his_colleague_is_not() -> None:
    own = comment("2026-03-02T12:10:00Z", BOB, "Is somebody there?")
    answer = comment("2026-03-04T09:00:00Z", BOB, "Firefox 140")
    reviewed = zendesk(own, ASKED, answer, requester_id=BOB, submitter_id=BOB, organization_id=None)
    assert reviewed.clock("first_response") == [("breached", 50)]
    assert (reviewed.status, reviewed.to_customer, reviewed.ticket.opened_by) == ("in_progress", [], "agent_for_self")


@pytest.mark.parametrize("author", [PAT, KIM])
def test_the_requester_and_his_organization_answer(author: int) -> None:
    reviewed = zendesk(ASKED, comment("2026-03-03T09:00:00Z", author, "Firefox 140"))
    assert (reviewed.status, reviewed.to_customer) == ("in_progress", [])


def test_a_carrier_in_copy_neither_answers_nor_responds_nor_reopens() -> None:
    acknowledged = comment("2026-03-02T12:05:00Z", CARRIER, "We received your request")
    reopened = comment(
        "2026-03-03T09:00:00Z", CARRIER, "Got it", moved("status", "pending", "open"), moved("custom_status_id", 11, 2)
    )
    reviewed = zendesk(acknowledged, ASKED, reopened, status="open", custom_status_id=2)
    assert reviewed.clock("first_response") == [("breached", 50)]
    assert reviewed.status == "customer_update_required"
    assert reviewed.to_customer == ["update_requested"]


def test_the_connection_can_put_a_third_person_on_either_side() -> None:
    word = comment("2026-03-02T12:05:00Z", CARRIER, "We are on it")
    helps = zendesk(word, ASKED, people={"helpdesk": "@carrier.example"})
    assert helps.clock("first_response") == [("met", 5)]
    asks = zendesk(ASKED, comment("2026-03-03T09:00:00Z", CARRIER, "Here it is"), people={"customers": CARRIER})
    assert (asks.status, asks.to_customer) == ("in_progress", [])


@pytest.mark.parametrize("people", [{"automated": ["bot@vendor.example"]}, {"automated_roles": [77]}])
def test_the_words_of_a_program_with_a_seat_are_nobodys(people: Any) -> None:
    reply = comment("2026-03-02T12:01:00Z", BOT, "Thank you, we will look at it")
    assert zendesk(reply, ASKED).clock("first_response") == [("met", 1)]
    assert zendesk(reply, ASKED, people=people).clock("first_response") == [("breached", 50)]


def test_what_was_written_before_the_requester_changed_keeps_its_role() -> None:
    """Bob asked and was answered; then the ticket became Pat's."""
    own = comment("2026-03-02T12:10:00Z", BOB, "Is somebody there?")
    handed = comment("2026-03-02T13:00:00Z", ANN, "Pat takes over", moved("requester_id", str(BOB), str(PAT)))
    later = comment("2026-03-02T13:10:00Z", BOB, "I look at it myself")
    reviewed = zendesk(own, ASKED, handed, later, submitter_id=BOB)
    odoo_message = [(entry.text, entry.actor.role.value) for entry in reviewed.ticket.messages()]
    assert odoo_message == [
        ("Is somebody there?", "customer"),
        ("Which browser?", "agent"),
        ("Pat takes over", "agent"),
        ("I look at it myself", "agent"),
    ]
    assert reviewed.clock("first_response") == [("breached", 50)]


@pytest.mark.parametrize(
    ("submitter", "requester", "opener"),
    [(PAT, PAT, "customer"), (ANN, PAT, "agent_on_behalf"), (BOB, BOB, "agent_for_self"), (900001, PAT, None)],
)
def test_who_opened_the_ticket(submitter: int, requester: int, opener: str | None) -> None:
    assert zendesk(ASKED, submitter_id=submitter, requester_id=requester).ticket.opened_by == opener


def call(rel: str, **details: Any) -> dict[str, Any]:
    author = PAT if rel == "inbound" else ANN
    event = {"type": "VoiceComment", "author_id": author, "public": True, "body": "Call", "data": details}
    via = {"channel": "voice", "source": {"rel": rel}}
    at = "2026-03-02T12:05:00Z"
    return {"id": 2, "created_at": at, "author_id": author, "events": [event, *WAITS], "via": via}


@pytest.mark.parametrize(
    ("made", "met"),
    [
        (call("inbound", answered_by_id=ANN, call_duration=60), True),
        (call("inbound", answered_by_id=PAT, call_duration=60), False),
        (call("inbound", answered_by_id=KIM, call_duration=60), False),
        (call("outbound", answered_by_id=PAT, call_duration=60), True),
        (call("inbound", answered_by_id=None, call_duration=0), False),
        (call("inbound", answered_by_id=None, call_duration=45), False),
        (call("outbound", answered_by_id=None, call_duration=60), True),
        (call("outbound", answered_by_id=None, call_duration=0), False),
    ],
)
def test_only_a_call_that_was_answered_is_a_response(made: dict[str, Any], met: bool) -> None:
    assert zendesk(made).clock("first_response") == ([("met", 5)] if met else [("breached", None)])


ODOO = Connection.model_validate(
    {
        "vendor": "odoo",
        "mode": "enforce",
        "facts": {"affected": {"field": "x_affected"}},
        "channel": {"values": {"phone": "phone"}},
        "statuses": {"in_progress": "In Progress", "customer_update_required": "Awaiting"},
    }
)
NAMES = {2: "OdooBot", 6: "Policybridge", 7: "Ann", 8: "Eve", 10: "Customer Ltd", 11: "Pat", 12: "Kim", 13: "Carrier"}
COMPANY_OF = {11: 10, 12: 10}
USER_OF = {1: 2, 5: 6, 7: 7, 8: 8}


def odoo_records() -> dict[str, Any]:
    stages = ["New", "In Progress", "Awaiting", "Done"]
    return {
        "me": {"uid": 5, "partner_id": 6},
        "trackings": [],
        "partners": [
            {
                "id": ident,
                "name": name,
                "email": f"{name.lower()}@{'vendor' if ident < 10 else name.lower()}.example",
                "lang": "en_US",
                "partner_share": ident not in USER_OF.values(),
                "commercial_partner_id": COMPANY_OF.get(ident, ident),
            }
            for ident, name in NAMES.items()
        ],
        "users": [
            {"id": uid, "login": f"{uid}", "name": NAMES[partner], "partner_id": partner, "share": False}
            for uid, partner in USER_OF.items()
        ],
        "subtypes": [{"id": 1, "name": "Discussions", "internal": False}, {"id": 2, "name": "Note", "internal": True}],
        "stages": [
            {
                "id": n,
                "name": name,
                "sequence": n,
                "active": True,
                "unattended": n == 1,
                "closed": n == 4,
                "team_ids": [],
            }
            for n, name in enumerate(stages, 1)
        ],
    }


def odoo_message(at: str, author: int, text: str, **more: Any) -> dict[str, Any]:
    number = int(at[8:10] + at[11:13] + at[14:16])
    usual = {"id": number, "create_date": at, "message_type": "comment", "subtype_id": 1, "author_id": author}
    by = {partner: uid for uid, partner in USER_OF.items()}.get(author, 1)
    return usual | {"create_uid": by, "body": f"<p>{text}</p>", "message_id": f"<{number}@odoo>"} | more


def odoo(*messages: dict[str, Any], people: Any = None, trackings: Any = (), **ticket: Any) -> ReviewedCase:
    """A ticket of Monday, 2 March, noon, by phone, on which everybody is affected."""
    about = {
        "id": 301,
        "number": "HT00301",
        "name": "No sign-in",
        "description": "<p>Nobody can sign in</p>",
        "active": True,
        "priority": "1",
        "stage_id": 1,
        "team_id": 1,
        "category_id": 1,
        "channel_id": 3,
        "partner_id": 11,
        "partner_email": False,
        "create_date": "2026-03-02 12:00:00",
        "write_date": "2026-03-02 12:00:00",
        "create_uid": 1,
        "write_uid": 1,
        "x_affected": "all",
    }
    connection = ODOO.model_copy(update={"people": Connection(vendor="odoo", people=people).people} if people else {})
    records = deepcopy(odoo_records()) | {"trackings": list(trackings)}
    case = {"now": "2026-03-02T14:00:00Z", "ticket": about | ticket, "messages": list(messages)} | records
    return review_odoo(case, connection, load_policy("maas360"))


@pytest.mark.parametrize(
    ("contact", "author", "role"),
    [
        (11, 11, "customer"),
        (11, 12, "customer"),
        (10, 11, "customer"),
        (11, 13, "other"),
        (11, 7, "agent"),
        (8, 8, "customer"),
        (8, 7, "agent"),
    ],
    ids=["contact", "of his company", "contact is the company", "carrier", "agent", "employee who asks", "his agent"],
)
def test_the_contact_and_his_company_are_the_customer(contact: int, author: int, role: str) -> None:
    reviewed = odoo(odoo_message("2026-03-02 12:10:00", author, "Words"), partner_id=contact)
    assert [entry.actor.role.value for entry in reviewed.ticket.messages()] == [role]
    met = [("met", 10)] if role == "agent" else [("breached", None)]
    assert reviewed.clock("first_response") == met


def test_a_note_that_was_mailed_to_the_customer_is_a_contact_with_him() -> None:
    note = odoo_message("2026-03-02 12:10:00", 7, "@Pat which browser?", subtype_id=2)
    assert odoo(note).clock("first_response") == [("breached", None)]
    assert odoo(note | {"partner_ids": [7, 13]}).clock("first_response") == [("breached", None)]
    assert odoo(note | {"partner_ids": [11]}).clock("first_response") == [("met", 10)]


def test_the_comment_of_the_merge_addon_is_no_response() -> None:
    merged = odoo_message("2026-03-02 12:10:00", 7, "This helpdesk ticket has been merged from HT00302")
    assert odoo(merged).clock("first_response") == [("met", 10)]
    assert odoo(merged | {"subject": "Merge helpdesk ticket"}).clock("first_response") == [("breached", None)]


def test_a_former_contact_keeps_the_role_that_he_had() -> None:
    """Eve, an employee, asked; after an hour the ticket became Pat's."""
    row = {
        "id": 1,
        "mail_message_id": [9, "message"],
        "field_id": [70, "Contact (Helpdesk Ticket)"],
        "old_value_integer": 8,
        "new_value_integer": 11,
    }
    handed = odoo_message("2026-03-02 13:00:00", 7, "", id=9, message_type="notification", subtype_id=2)
    before, after = (
        odoo_message("2026-03-02 12:10:00", 8, "Anybody?"),
        odoo_message("2026-03-02 13:10:00", 8, "I help Pat"),
    )
    reviewed = odoo(before, handed, after, trackings=[row])
    assert [entry.actor.role.value for entry in reviewed.ticket.messages()] == ["customer", "agent"]


def test_a_program_of_odoo_is_named_by_its_address() -> None:
    word = odoo_message("2026-03-02 12:10:00", 7, "Thank you")
    assert odoo(word, people={"automated": "ann@vendor.example"}).clock("first_response") == [("breached", None)]


@pytest.mark.parametrize(
    ("creator", "contact", "opener"), [(7, 11, "agent_on_behalf"), (8, 8, "agent_for_self"), (1, 11, None)]
)
def test_who_opened_a_ticket_of_odoo(creator: int, contact: int, opener: str | None) -> None:
    assert odoo(create_uid=creator, partner_id=contact).ticket.opened_by == opener


def test_whoever_opened_a_ticket_by_mail_is_its_author() -> None:
    mail = odoo_message("2026-03-02 12:00:00", 11, "It is down", message_type="email")
    assert odoo(mail).ticket.opened_by == "customer"
