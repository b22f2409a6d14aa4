"""Whom mail does not reach, by what both vendors say of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.policy.evaluation.contact import UNDELIVERED
from bridge.policy.evaluation.sentence import Sentence, recognized
from bridge.sandbox.odoo import schema_mail
from bridge.ticket import Message
from mappings.odoo.delivery import address_in, undelivered, why_unreachable
from mappings.odoo.ticket import to_ticket
from mappings.zendesk import delivery as zendesk
from tests.mappings import odoo_records as odoo
from tests.mappings.test_zendesk_conversation import PAT

MAILED: dict[str, Any] = {"channel": "email"}


@pytest.mark.parametrize(
    ("contact", "address", "user", "reason"),
    [
        ({"email": "pat@acme.example"}, False, {}, ""),
        ({"email": "Pat <Pat@Acme.example>"}, False, {}, ""),
        ({"email": False}, "pat@acme.example", {}, ""),
        ({"email": False}, False, {}, "has no e-mail address"),
        ({"email": "pat at acme"}, False, {}, "has no usable e-mail address ('pat at acme')"),
        ({"email": False}, False, {"share": False}, ""),
        ({"email": False}, False, {"share": True}, "has no e-mail address"),
        ({}, False, {}, ""),
    ],
)
def test_a_contact_in_odoo(contact: dict[str, Any], address: Any, user: dict[str, Any], reason: str) -> None:
    assert why_unreachable({"partner_id": 11, "partner_email": address}, contact, [user]) == reason


def test_a_ticket_without_contact_and_address_in_odoo() -> None:
    assert why_unreachable({"partner_id": False, "partner_email": False}, {}) == "has no e-mail address"


@pytest.mark.parametrize(("text", "address"), [("A <A@b.example>", "a@b.example"), ("a", ""), (False, ""), ("@", "")])
def test_an_address_as_odoo_normalises_it(text: object, address: str) -> None:
    assert address_in(text) == address


def failed(**values: Any) -> dict[str, Any]:
    row = {"mail_message_id": 5, "res_partner_id": 11, "mail_email_address": False, "failure_type": "mail_smtp"}
    return {**row, "notification_status": "exception", **values}


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (failed(), {5: "the mail server did not take it"}),
        (failed(notification_status="bounce", failure_type="mail_bounce"), {5: "the mail came back"}),
        (failed(failure_type="new_kind"), {5: "new_kind"}),
        (failed(notification_status="sent"), {}),
        (failed(res_partner_id=12), {}),
        (failed(res_partner_id=False), {}),
        (failed(res_partner_id=False, mail_email_address="pat@acme.example"), {5: "the mail server did not take it"}),
    ],
)
def test_only_what_failed_for_the_contact_counts_in_odoo(row: dict[str, Any], found: dict[int, str]) -> None:
    assert undelivered({"partner_id": 11, "partner_email": "pat@acme.example"}, [row]) == found


@pytest.mark.parametrize("kind", schema_mail.OPTIONS["delivery_failures"])
def test_every_failure_of_odoo_has_words_that_agents_read_in_their_language(kind: str) -> None:
    [found] = undelivered({"partner_id": 11}, [failed(failure_type=kind)]).values()
    assert isinstance(recognized(found, UNDELIVERED), Sentence), f"{found!r} is no sentence of the catalogue"


def test_an_empty_address_is_nobodys() -> None:
    assert undelivered({"partner_id": False, "partner_email": False}, [failed(res_partner_id=False)]) == {}


def test_the_message_in_odoo_says_so() -> None:
    message = odoo.message(5, 10, odoo.P_AGENT, "Hello")
    snapshot = replace(odoo.snapshot(odoo.record(), message), notifications=[failed(res_partner_id=odoo.PAT)])
    ticket = to_ticket(odoo.REF, snapshot, odoo.WIRED)
    assert [e.undelivered for e in ticket.timeline if isinstance(e, Message)] == ["the mail server did not take it"]


USER = {"id": PAT, "email": "pat@acme.example", "active": True}
UNDELIVERABLE = {"type": "email", "value": "Pat@acme.example", "deliverable_state": "undeliverable"}


@pytest.mark.parametrize(
    ("ticket", "user", "identities", "reason"),
    [
        ({"via": MAILED}, USER, [], ""),
        ({"via": MAILED}, {}, [], ""),
        ({"via": MAILED}, USER | {"suspended": True}, [], "is suspended in Zendesk"),
        ({"via": MAILED}, USER | {"active": False}, [], "has been deleted in Zendesk"),
        ({"via": MAILED}, USER | {"email": None}, [], "has no e-mail address"),
        ({"via": {"channel": "native_messaging"}}, USER | {"email": None}, [], ""),
        ({"via": MAILED, "from_messaging_channel": True}, USER | {"email": None}, [], ""),
        ({"via": MAILED, "allow_channelback": True}, USER | {"email": None}, [], ""),
        ({"via": MAILED}, USER, [UNDELIVERABLE], "has an e-mail address to which Zendesk cannot deliver"),
        ({"via": MAILED}, USER, [UNDELIVERABLE | {"deliverable_state": "deliverable"}], ""),
        ({"via": MAILED}, USER, [UNDELIVERABLE | {"value": "old@acme.example"}], ""),
        ({"via": MAILED}, USER, [UNDELIVERABLE | {"type": "twitter"}], ""),
    ],
)
def test_a_requester_in_zendesk(ticket: dict[str, Any], user: dict[str, Any], identities: Any, reason: str) -> None:
    assert zendesk.why_unreachable(ticket, user, identities) == reason


def refused(comment: int, user: int, status: int) -> dict[str, Any]:
    about = {"id": status, "name": "MAILBOX_UNAVAILABLE", "code": "550", "message": "Email failed to deliver."}
    return {"comment_id": comment, "recipients": [{"user_id": user, "delivery_status": about}]}


@pytest.mark.parametrize(
    ("notification", "found"),
    [
        (refused(5, PAT, 14), {"5": "Email failed to deliver"}),
        (refused(5, PAT, 0), {}),
        (refused(5, 702, 14), {}),
        ({"comment_id": 5, "recipients": None}, {}),
        ({}, {}),
    ],
)
def test_only_what_failed_for_the_requester_counts_in_zendesk(
    notification: dict[str, Any], found: dict[str, str]
) -> None:
    assert zendesk.undelivered({"requester_id": PAT}, [notification]) == found
