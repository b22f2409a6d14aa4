"""An Odoo ticket becomes a canonical one: values, people, channel, account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bridge.ticket import Channel, Priority, Role, Status
from mappings.connection import Connection
from mappings.field_sources import ValueSource
from mappings.odoo.catalog import HelpdeskCatalog
from mappings.odoo.schema import Schema

from .odoo_records import (
    AGENT,
    CATALOG,
    COMPANY,
    DONE,
    ENTERPRISE_FIELDS,
    LEFT,
    NEW,
    P_LEFT,
    PARTNERS,
    PAT,
    PROGRESS,
    WIRED,
    at,
    mail,
    message,
    record,
    seen,
    stage,
)


def test_a_new_ticket_has_facts_and_no_history() -> None:
    ticket = seen(
        record(
            60,
            team_id=3,
            user_id=AGENT,
            priority="3",
            category_id=1,
            x_impact="hi",
            x_devices=12,
            x_reported=True,
            tag_ids=[3, 4],
            x_policy_severity="S1",
            x_policy_next_due_at="2026-03-02 09:30:00",
        )
    )
    assert ticket.facts == {"impact": "major", "devices": 12, "reported_before": True, "urgency": "now"}
    assert (ticket.status, ticket.status_label, ticket.priority) == (Status.NEW, "New", Priority.URGENT)
    assert (ticket.type, ticket.group, ticket.team, ticket.tier) == ("incident", "japanese", "日本語", 2)
    assert ticket.tags == {"vip", "impact_high"}
    assert (ticket.assignee, ticket.account, ticket.brand, ticket.form) == (
        "agent@vendor.example",
        "C-77",
        "Vendor",
        "Incident",
    )
    assert (ticket.subject, ticket.description) == ("Down", "It is down")
    assert (ticket.requester.email, ticket.requester.name, ticket.requester.locale) == (
        "pat@acme.example",
        "Pat",
        "ja-JP",
    )
    assert ticket.fields == {"severity": "S1", "next_due_at": "2026-03-02T09:30:00Z"}
    assert (ticket.ref.id, ticket.number) == ("7", "HT00007")
    assert ticket.version == at(60)
    assert ticket.timeline == ()


def test_false_and_zero_of_odoo_mean_no_value() -> None:
    ticket = seen(record(partner_id=False, create_uid=False, write_uid=False))
    assert ticket.facts == {"impact": None, "devices": None, "reported_before": False, "urgency": None}
    assert (ticket.assignee, ticket.group, ticket.tier, ticket.type, ticket.account) == (None,) * 5
    assert (ticket.requester.email, ticket.requester.name, ticket.requester.locale) == ("", "", "")


@pytest.mark.parametrize(
    ("stars", "priority"),
    [("0", Priority.LOW), ("1", Priority.NORMAL), ("2", Priority.HIGH), ("3", Priority.URGENT), ("4", None)],
)
def test_stars_are_priorities(stars: str, priority: Priority | None) -> None:
    assert seen(record(priority=stars)).priority is priority


def test_without_statuses_a_stage_is_what_its_flags_say() -> None:
    plain = Connection(vendor="odoo")
    found = [seen(record(stage_id=ident), connection=plain).status for ident in (NEW, PROGRESS, DONE, 99)]
    assert found == [Status.NEW, Status.OPEN, Status.SOLVED, None]


def test_an_archived_ticket_is_closed() -> None:
    assert seen(record(stage_id=PROGRESS, active=False)).status is Status.CLOSED


def test_enterprise_has_its_own_models_and_a_folded_stage_means_solved() -> None:
    folded = [stage(1, "New"), stage(2, "Solved", fold=True)]
    enterprise = HelpdeskCatalog(Schema.of(ENTERPRISE_FIELDS), folded, [{"id": 1, "name": "Care"}], {}, {})
    plain = enterprise.resolve(Connection(vendor="odoo", groups={"care": "care"}))
    raw = {name: value for name, value in record().items() if name not in ("category_id", "channel_id", "number")}
    ticket = seen(raw | {"team_id": 1, "priority": "0"}, catalog=enterprise, connection=plain)
    assert (enterprise.schema.flavour, enterprise.schema.stage, enterprise.schema.team, enterprise.schema.tag) == (
        "enterprise",
        "helpdesk.stage",
        "helpdesk.team",
        "helpdesk.tag",
    )
    assert (ticket.status, ticket.priority, ticket.group) == (Status.OPEN, Priority.LOW, "care")
    assert seen(raw | {"stage_id": 2}, catalog=enterprise, connection=plain).status is Status.SOLVED


def test_an_unknown_author_is_the_requester() -> None:
    raw = record(partner_id=False, partner_email='"A. Stranger" <Stranger@else.example>', create_uid=2)
    ticket = seen(raw, mail(53, 0, author=False, text="Hi", email_from='"A. Stranger" <Stranger@else.example>'))
    assert (ticket.requester.email, ticket.requester.name) == ("stranger@else.example", "A. Stranger")
    assert ticket.account is None


@pytest.mark.parametrize(
    ("source_settings", "raw", "messages", "channel"),
    [
        (None, {"channel_id": 3}, [], Channel.PHONE),
        (None, {"channel_id": 4}, [], Channel.OTHER),
        (None, {}, [mail(53, 0, PAT, "It is down")], Channel.EMAIL),
        (None, {}, [mail(53, 9, PAT, "And now?")], Channel.WEB),
        (None, {"create_uid": AGENT}, [], Channel.OTHER),
        ({"values": {"Other": "chat"}}, {"channel_id": 4}, [], Channel.CHAT),
        ({"tags": {"vip": "phone"}}, {"channel_id": 2, "tag_ids": [3]}, [], Channel.PHONE),
    ],
)
def test_the_channel_of_a_ticket(source_settings: Any, raw: Any, messages: Any, channel: Channel) -> None:
    source = ValueSource.model_validate(source_settings) if source_settings else None
    ticket = seen(record(**raw), *messages, connection=WIRED.model_copy(update={"channel": source}))
    assert ticket.channel is channel


@pytest.mark.parametrize(("key", "account"), [("id", "10"), ("name", "Acme"), ("external_id", "C-77")])
def test_the_account_is_the_company_of_the_contact(key: str, account: str) -> None:
    organizations = WIRED.organizations.model_copy(update={"key": key})
    assert seen(record(), connection=WIRED.model_copy(update={"organizations": organizations})).account == account


def test_a_contact_without_a_company_is_an_account_of_its_own() -> None:
    alone = PARTNERS | {PAT: PARTNERS[PAT] | {"commercial_partner_id": PAT}}
    assert seen(record(), partners=alone).account == "11"
    assert seen(record(partner_id=COMPANY)).account == "C-77"


def test_an_agent_who_has_left_is_still_an_agent() -> None:
    """Odoo calls the partner of an archived user an outsider."""
    ticket = seen(record(), message(60, 5, P_LEFT, "We look"))
    assert [entry.actor.role for entry in ticket.messages()] == [Role.AGENT]
    assert PARTNERS[P_LEFT]["partner_share"]
    unknown = seen(record(), message(60, 5, P_LEFT, "We look"), users={LEFT: {}})
    assert [entry.actor.role for entry in unknown.messages()] == [Role.OTHER]


def test_a_deleted_tag_keeps_its_id_as_name() -> None:
    assert seen(record(tag_ids=[3, 77]), catalog=replace(CATALOG, tags={3: "VIP"})).tags == {"vip", "77"}
