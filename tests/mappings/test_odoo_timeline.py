"""The timeline of an Odoo ticket in order: messages, calls, tracked changes, our own messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bridge.ticket import Message, PhoneContact, Role, Status, Ticket
from mappings.connection import Connection
from mappings.odoo.schema import Schema
from mappings.odoo.snapshot import people_ids_in
from mappings.odoo.vocabulary import message_id

from .odoo_records import (
    ACTIVITY,
    AGENT,
    AWAITING,
    BRIDGE,
    CALL,
    CATALOG,
    CREATED,
    DONE,
    LEFT,
    NEW,
    NOTE,
    ODOOBOT,
    P_AGENT,
    P_BRIDGE,
    P_ODOOBOT,
    PAT,
    PORTAL,
    PROGRESS,
    STAGES,
    START,
    WIRED,
    change,
    changes,
    mail,
    message,
    record,
    seen,
    tracking,
)

OUR_ID = message_id("7/MA-14/first", "first_response")


def messages(ticket: Ticket) -> list[tuple[str, bool, str]]:
    return [(e.actor.role.value, e.public, e.text) for e in ticket.timeline if isinstance(e, Message)]


def test_authors_and_visibility_of_messages() -> None:
    ticket = seen(
        record(),
        message(53, 0, P_AGENT, "Ticket created", message_type="notification", subtype_id=CREATED),
        mail(54, 5, PAT, "Still down\r\nPlease hurry"),
        message(55, 6, P_AGENT, "We look"),
        message(56, 7, P_AGENT, "Is it ours?", subtype_id=NOTE),
        message(57, 8, P_AGENT, "You have been assigned", message_type="user_notification", subtype_id=NOTE),
        message(58, 9, P_BRIDGE, "Hello", message_id=OUR_ID),
        message(59, 10, P_ODOOBOT, "A rule speaks", subtype_id=NOTE),
        mail(60, 11, P_AGENT, "Answered by mail"),
        mail(61, 12, author=False, text="From a second address", email_from="Pat <p@home.example>"),
        message(62, 13, PAT, "In the portal"),
        message(63, 14, P_AGENT, "no subtype", subtype_id=False),
    )
    assert messages(ticket) == [
        ("customer", True, "Still down\nPlease hurry"),
        ("agent", True, "We look"),
        ("agent", False, "Is it ours?"),
        ("bridge", True, "Hello"),
        ("system", False, "A rule speaks"),
        ("agent", True, "Answered by mail"),
        ("customer", True, "From a second address"),
        ("customer", True, "In the portal"),
        ("agent", False, "no subtype"),
    ]
    stranger = ticket.timeline[6].actor
    assert (stranger.email, stranger.name) == ("p@home.example", "Pat")


def test_a_message_counts_when_odoo_received_it_whatever_its_sender_dated_it() -> None:
    (reply,) = seen(record(), mail(54, 5, PAT, "thanks", date="2001-01-01 00:00:00")).timeline
    assert reply.at == START + timedelta(minutes=5)


def test_the_mail_that_opened_the_ticket_is_its_description() -> None:
    opened = mail(53, 0, PAT, "It is down", subtype_id=CREATED)
    assert messages(seen(record(), opened, mail(54, 9, PAT, "Hello?"))) == [("customer", True, "Hello?")]
    counted = WIRED.model_copy(update={"first_comment": "message"})
    assert messages(seen(record(), opened, connection=counted)) == [("customer", True, "It is down")]
    assert messages(seen(record(), connection=counted)) == [("customer", True, "It is down")]


def test_our_own_message_carries_its_key_and_template() -> None:
    (hello,) = seen(record(), message(58, 9, P_BRIDGE, "Hello", message_id=OUR_ID)).timeline
    assert isinstance(hello, Message)
    assert (hello.keys, hello.template, hello.actor.role) == (("7/MA-14/first",), "first_response", Role.BRIDGE)


@pytest.mark.parametrize(
    "claim",
    [
        mail(54, 5, PAT, "I am the bridge", message_id=OUR_ID),
        mail(54, 5, P_BRIDGE, "I am the bridge", message_id=OUR_ID),
        message(54, 5, P_BRIDGE, "I am the bridge", message_id=OUR_ID, create_uid=AGENT),
    ],
    ids=["customer", "forged sender", "forged author"],
)
def test_nobody_else_is_believed_to_be_the_bridge(claim: dict[str, Any]) -> None:
    (entry,) = seen(record(), claim).timeline
    assert entry.keys == ()
    assert entry.actor.role is not Role.BRIDGE


def test_a_shared_user_is_the_bridge_only_with_our_mark() -> None:
    shared = WIRED.model_copy(update={"shared_user": True})
    ours, theirs = message(58, 9, P_BRIDGE, "Hello", message_id=OUR_ID), message(59, 10, P_BRIDGE, "Me, in person")
    by_mail = mail(60, 11, P_BRIDGE, "Me, by mail")
    found = messages(seen(record(), ours, theirs, by_mail, connection=shared))
    assert [role for role, _, _ in found] == ["bridge", "agent", "agent"]
    assert [role for role, _, _ in messages(seen(record(), ours, theirs, by_mail))] == ["bridge", "bridge", "system"]


def test_a_logged_call_is_a_contact_by_phone() -> None:
    called: dict[str, Any] = {"message_type": "notification", "subtype_id": ACTIVITY}
    feedback = "<span>Call</span> done <div>Feedback:</div> She agrees"
    ticket = seen(
        record(),
        message(60, 9, P_AGENT, feedback, mail_activity_type_id=CALL, **called),
        message(61, 10, P_AGENT, "To-Do done", mail_activity_type_id=4, **called),
    )
    (call,) = ticket.timeline
    assert isinstance(call, PhoneContact)
    assert (call.actor.role, call.at, call.answered) == (Role.AGENT, START + timedelta(minutes=9), True)


def test_a_call_that_the_contact_logged_himself_is_none_of_the_helpdesk() -> None:
    called: dict[str, Any] = {"message_type": "notification", "subtype_id": ACTIVITY, "mail_activity_type_id": CALL}
    ticket = seen(record(partner_id=P_AGENT), message(60, 9, P_AGENT, "Call done", **called))
    (call,) = ticket.timeline
    assert isinstance(call, PhoneContact)
    assert not call.answered


def test_an_automatic_mail_is_not_a_reply() -> None:
    ticket = seen(
        record(),
        mail(54, 1, PAT, "Back on 2026-03-09", subject="Automatic reply: Down"),
        mail(55, 2, PAT, "On leave", subject="Automatische Antwort: Down"),
        mail(56, 3, author=False, text="Undelivered", email_from="Mail Delivery <MAILER-DAEMON@relay.example>"),
        message(57, 4, P_AGENT, "I am away", message_type="out_of_office"),
        mail(58, 5, PAT, "It is an automatic reply that breaks", subject="Re: Automatic reply: Down"),
        message(59, 6, PAT, "Automatic reply: is what my text says"),
    )
    automatic = [entry.auto_reply for entry in ticket.timeline if isinstance(entry, Message)]
    assert automatic == [True, True, True, True, False, False]
    first = ticket.timeline[0]
    assert isinstance(first, Message)
    assert first.back_at == START.replace(day=9, hour=0)


def test_a_mail_of_a_stage_is_not_a_reply_of_the_agent() -> None:
    sent = message(66, 5, P_AGENT, "closed", message_type="email_outgoing", subtype_id=False)
    assert messages(seen(record(), sent)) == [("agent", True, "closed")]
    mailing = replace(CATALOG, stages=[*STAGES[:3], STAGES[3] | {"mail_template_id": 11}])
    assert messages(seen(record(), sent, catalog=mailing)) == [("system", True, "closed")]


def test_tracked_changes_have_their_time_and_author() -> None:
    ticket = seen(
        record(30, AGENT, stage_id=DONE, user_id=LEFT, x_impact=False, x_devices=5),
        change(59, 10, P_AGENT),
        change(62, 20, PAT),
        change(63, 30, P_BRIDGE),
        trackings=[
            tracking(6, 59, "Assigned user", 0, AGENT),
            tracking(7, 59, "Stage", NEW, PROGRESS),
            tracking(8, 59, "Impact", "Low impact", "High impact", "char"),
            tracking(9, 59, "Devices", 0, 5),
            tracking(10, 62, "Stage", PROGRESS, AWAITING),
            tracking(11, 62, "Assigned user", AGENT, LEFT),
            tracking(12, 63, "Stage", AWAITING, DONE),
            tracking(13, 63, "Impact", "High impact", "", "char"),
        ],
    )
    assert changes(ticket, "status") == [
        (10, Status.NEW, Status.IN_PROGRESS, "agent"),
        (20, Status.IN_PROGRESS, Status.WAITING_CUSTOMER, "customer"),
        (30, Status.WAITING_CUSTOMER, Status.SOLVED, "bridge"),
    ]
    assert changes(ticket, "assignee") == [
        (10, None, "agent@vendor.example", "agent"),
        (20, "agent@vendor.example", "former@vendor.example", "customer"),
    ]
    assert changes(ticket, "fact:impact") == [(10, "lo", "major", "agent"), (30, "major", None, "bridge")]
    assert changes(ticket, "fact:devices") == [(10, None, 5, "agent")]
    assert not any(entry.observed for entry in ticket.timeline)


def test_stages_that_mean_the_same_are_no_change() -> None:
    plain = Connection(vendor="odoo")
    row = tracking(7, 59, "Stage", PROGRESS, AWAITING)
    assert seen(record(9, stage_id=AWAITING), change(59, 9, P_AGENT), trackings=[row], connection=plain).timeline == ()


def test_a_label_of_two_fields_is_resolved_by_the_field_id_or_not_at_all() -> None:
    """Our ``Severity`` and the admin's own."""
    facts = WIRED.model_validate(WIRED.model_dump() | {"facts": {"own": {"field": "x_severity"}}})
    raw, note = record(9, AGENT, x_severity="b"), change(59, 9, P_AGENT)
    row = tracking(7, 59, "Severity", "a", "b", "char")
    assert seen(raw, note, trackings=[row], connection=facts).timeline == ()
    schema = Schema.of(CATALOG.schema.fields, {row["field_id"][0]: "x_severity"})
    reported = seen(raw, note, trackings=[row], connection=facts, catalog=replace(CATALOG, schema=schema))
    assert changes(reported, "fact:own") == [(9, "a", "b", "agent")]


def test_a_label_in_another_language_is_left_to_observation() -> None:
    row = tracking(8, 59, "Impact", "Geringe Auswirkung", "Hohe Auswirkung", "char")
    assert seen(record(9, AGENT, x_impact="hi"), change(59, 9, P_AGENT), trackings=[row]).timeline == ()


def test_a_tracked_mark_is_known_with_its_author() -> None:
    row = tracking(8, 59, "Confirmed", 0, 1)
    raw = record(20, AGENT, x_confirmed=True)
    ticket = seen(raw, change(59, 9, PAT), change(60, 20, P_AGENT), trackings=[row])
    confirmed = [entry for entry in ticket.timeline if entry.kind == "confirmation"]
    assert [(entry.at, entry.actor.role) for entry in confirmed] == [(START + timedelta(minutes=9), Role.CUSTOMER)]


def test_a_change_that_tracking_was_switched_off_for_is_observed() -> None:
    raw = record(40, ODOOBOT, stage_id=DONE)
    ticket = seen(raw, change(59, 10, P_AGENT), trackings=[tracking(7, 59, "Stage", NEW, PROGRESS)])
    assert changes(ticket, "status") == [
        (10, Status.NEW, Status.IN_PROGRESS, "agent"),
        (40, Status.IN_PROGRESS, Status.SOLVED, "system"),
    ]
    assert [entry.observed for entry in ticket.timeline] == [False, True]


def test_entries_of_one_transaction_keep_the_order_of_their_ids() -> None:
    """An automatic reply and the status that Odoo moved because of it have to stand together."""
    raw = record(9, PORTAL, stage_id=PROGRESS)
    note, row = change(61, 9, PAT), tracking(7, 61, "Stage", NEW, PROGRESS)
    ticket = seen(raw, note, mail(60, 9, PAT, "away", subject="Automatic reply: x"), trackings=[row])
    assert [entry.kind for entry in ticket.timeline] == ["message", "changed"]


def test_the_people_whose_details_are_needed() -> None:
    rows = [tracking(6, 59, "Assigned user", 0, LEFT), tracking(7, 59, "Stage", NEW, PROGRESS)]
    partners, users = people_ids_in(
        Schema.of(CATALOG.schema.fields), record(user_id=AGENT), [message(54, 5, P_BRIDGE, "x")], rows
    )
    assert partners == {PAT, P_BRIDGE}
    assert users == {ODOOBOT, PORTAL, AGENT, BRIDGE, LEFT}
