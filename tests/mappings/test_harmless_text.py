"""Text from outside is made harmless once, at the mapping, so that nothing after it can fail."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.account import Account, SupportPeriod
from bridge.ticket import Ticket, TicketRef
from mappings.account import build_account
from mappings.coercion import parse_instant, translate
from mappings.connection import Connection
from mappings.field_sources import ValueSource
from mappings.harmless_text import harmless, isolated
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.schema import Schema
from mappings.odoo.snapshot import IntegrationUser
from mappings.odoo.snapshot import TicketSnapshot as OdooSnapshot
from mappings.odoo.ticket import to_ticket as odoo_ticket
from mappings.zendesk.actors import TicketSnapshot as ZendeskSnapshot
from mappings.zendesk.ticket import to_ticket as zendesk_ticket

from .odoo_records import COMMUNITY_FIELDS

anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
surprising = st.sampled_from(
    [
        *("\ud83d", "\0", "\x1b[2J", "\u202egpj.exe", "\u2069\u202e", "", "&#27;", "&#xd83d;", "&#0;"),
        *("9999-12-31", "0001-01-01T00:00:00Z", "1" * 400),
    ]
)
texts = st.lists(st.one_of(anything, surprising), max_size=4).map("".join)
ISOLATES = "\u2066\u2067\u2068"


def zendesk(text: str) -> Ticket:
    """A ticket of Zendesk in which this text stands wherever a text can stand."""
    user = {"id": 11, "role": "end-user", "name": text, "email": text, "locale": text}
    comment = {"type": "Comment", "id": 1, "author_id": 11, "body": text, "public": True}
    change = {"type": "Change", "field_name": "360001", "value": text, "previous_value": None}
    audits = [
        {"id": 1, "created_at": "2026-03-06T11:00:00Z", "author_id": 11, "events": [{"type": "Create"}, comment]},
        {
            "id": 2,
            "created_at": text,
            "author_id": 11,
            "events": [comment, change],
            "metadata": {"custom": {text: text}},
        },
    ]
    ticket = {
        "id": 7,
        "created_at": "2026-03-06T11:00:00Z",
        "updated_at": "2026-03-06T11:00:00Z",
        "status": "open",
        "requester_id": 11,
        "subject": text,
        "description": text,
        "tags": [text],
        "type": text,
        "brand_id": text,
        "custom_fields": [{"id": 360001, "value": text}],
    }
    connection = Connection.model_validate({"vendor": "zendesk", "facts": {"affected": {"field": 360001}}})
    snapshot = ZendeskSnapshot(ticket, audits, {"11": user}, "900001", {"id": 5, "name": text})
    return zendesk_ticket(TicketRef(connection="z", id="7"), snapshot, connection)


def odoo(text: str) -> Ticket:
    """The same of Odoo."""
    fields = COMMUNITY_FIELDS | {"x_affected": {"type": "char", "string": "Affected"}}
    stages = [{"id": 1, "name": text, "sequence": 1}]
    catalog = HelpdeskCatalog(Schema.of(fields), stages, [], {1: text}, {1: {"id": 1, "internal": False}})
    message = {
        "id": 1,
        "create_date": "2026-03-06 11:00:00",
        "message_type": "email",
        "subtype_id": 1,
        "author_id": 8,
        "subject": text,
        "body": f"<p>{text}</p>",
        "email_from": text,
        "message_id": text,
    }
    ticket = {
        "id": 7,
        "create_date": "2026-03-06 10:00:00",
        "write_date": "2026-03-06 11:00:00",
        "name": text,
        "description": text,
        "partner_id": 8,
        "partner_name": text,
        "stage_id": 1,
        "tag_ids": [1],
        "number": text,
        "x_affected": text,
        "x_policy_log": text,
    }
    partner = {"id": 8, "name": text, "email": text, "lang": text}
    connection = Connection.model_validate({"vendor": "odoo", "facts": {"affected": {"field": "x_affected"}}})
    me = IntegrationUser(2, 3)
    snapshot = OdooSnapshot(
        ticket, [message, {**message, "id": 2, "create_date": text}], [], {8: partner}, {}, me, catalog
    )
    return odoo_ticket(TicketRef(connection="o", id="7"), snapshot, connection)


@pytest.mark.parametrize("mapped", [zendesk, odoo])
@given(text=texts)
def test_a_ticket_with_any_text_can_be_recorded_and_read_again(mapped: Any, text: str) -> None:
    ticket = mapped(text)
    recorded = ticket.model_dump_json()
    assert Ticket.model_validate_json(recorded) == ticket
    recorded.encode()
    assert "\0" not in str(json.loads(recorded))
    assert ticket.created_at == mapped("plain").created_at


@given(texts)
def test_harmless_text_is_left_alone(text: str) -> None:
    once = harmless(text)
    assert harmless(once) == once
    assert harmless({"a": [text, {text: (text, 1, None)}]}) == {"a": [once, {once: (once, 1, None)}]}
    if text.isprintable():
        assert once == text


@given(texts)
def test_a_change_of_direction_ends_with_its_line(text: str) -> None:
    """By the rules of Unicode what comes before and after a line is outside of every isolate in it."""
    found = isolated(text)
    assert isolated(found) == found
    for line in found.split("\n"):
        depth = 0
        for place, letter in enumerate(line):
            depth += (letter in ISOLATES) - (letter == "\u2069")
            assert depth > 0 or place == len(line) - 1 or not any("\u202a" <= each <= "\u202e" for each in line)
            assert depth >= 0
        assert depth == 0
    assert [c for c in found if c not in f"{ISOLATES}\u2069"] == [c for c in text if c not in f"{ISOLATES}\u2069"]


def test_a_subject_that_turns_the_text_around_is_isolated() -> None:
    for ticket in (zendesk("\u202egpj.exe"), odoo("\u202egpj.exe")):
        assert ticket.subject == "\u2068\u202egpj.exe\u2069"
        assert ticket.facts == {"affected": "\u2068\u202egpj.exe\u2069"}
        assert ticket.requester.name == "\u2068\u202egpj.exe\u2069"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00", "9999-12-31", "never", None])
def test_no_time_is_a_time_that_nobody_means(text: str | None) -> None:
    assert parse_instant(text) is None


def test_contracts_without_end_have_no_last_day() -> None:
    connection = Connection.model_validate({"vendor": "zendesk", "organizations": {"support_ends": {"field": "ends"}}})
    account = build_account(connection, "Acme \ud83d", "organization 1", lambda _: "9999-12-31", lambda _: [])
    assert account == Account(name="Acme \N{REPLACEMENT CHARACTER}", support=SupportPeriod())


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "1e999"])
def test_what_is_no_number_stays_text(text: str) -> None:
    assert translate(ValueSource(field=1, type="number"), text, ()) == text


def test_a_snapshot_that_was_read_again_is_the_same() -> None:
    """Odoo tickets are compared before a write; what was made harmless must not look like a change."""
    snapshot = ZendeskSnapshot({"id": 7, "subject": "\ud83d"}, [], {})
    assert replace(snapshot).ticket == snapshot.ticket == harmless({"id": 7, "subject": "\ud83d"})
    assert parse_instant("2026-03-06 11:00:00") == datetime(2026, 3, 6, 11, tzinfo=UTC)
