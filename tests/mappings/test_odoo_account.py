"""An Odoo partner becomes an account."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from mappings.account import needs_people
from mappings.connection import Connection
from mappings.odoo.account import key_of_partner, partner_fields, to_account

WIRED = Connection.model_validate(
    {
        "vendor": "odoo",
        "organizations": {
            "plan": {"tags": {"gold_plan": "premium", "silver": "standard"}},
            "time_zone": {"field": "tz"},
            "agreed_languages": {"field": "lang", "values": {"ja_JP": "ja"}},
            "contacts": {"user_tag": "help_desk"},
            "management": {"field": "x_bosses"},
            "roles": {"account_manager": {"field": "user_id"}, "coo": {"field": "x_coo"}},
            "onboarding": {"field": "x_phase", "values": {"live": "support_initiated"}},
            "support_starts": {"field": "x_from"},
        },
    }
)
CATEGORIES = {1: "Gold plan", 2: "Help desk"}
ACME: dict[str, Any] = {
    "id": 10,
    "name": "Acme",
    "ref": "C-77",
    "category_id": [1],
    "tz": "Asia/Tokyo",
    "lang": "ja_JP",
    "user_id": [7, "am@vendor.example"],
    "x_bosses": "Boss@acme.example; chief@acme.example",
    "x_coo": False,
    "x_phase": "live",
    "x_from": "2026-01-01 00:00:00",
}
CONTACTS = [
    {"id": 11, "email": "Pat@acme.example", "category_id": [2]},
    {"id": 12, "email": "else@acme.example", "category_id": []},
    {"id": 13, "email": False, "category_id": [2]},
]


def test_everything_that_the_connection_configures_is_mapped() -> None:
    account = to_account(ACME, CONTACTS, CATEGORIES, WIRED)
    assert account.unusable == {}
    assert (account.name, account.plan, account.time_zone) == ("Acme", "premium", "Asia/Tokyo")
    assert account.agreed_languages == ("ja",)
    assert account.contacts == {"pat@acme.example"}
    assert account.management == {"boss@acme.example", "chief@acme.example"}
    assert account.roles == {"account_manager": "am@vendor.example"}
    assert account.onboarding == "support_initiated"
    assert account.support
    assert account.support.starts == date(2026, 1, 1)


def test_an_invalid_value_is_reported_and_left_out() -> None:
    account = to_account(ACME | {"x_phase": "dreaming"}, CONTACTS, CATEGORIES, WIRED)
    assert (account.onboarding, account.plan) == (None, "premium")
    assert [why.split(" is not used")[0] for why in account.unusable.values()] == ["partner 10: onboarding 'dreaming'"]


def test_without_sources_only_the_name_is_known() -> None:
    plain = Connection(vendor="odoo")
    account = to_account(ACME, (), {}, plain)
    assert (account.name, account.contacts, account.support) == ("Acme", None, None)
    assert (needs_people(plain), needs_people(WIRED)) == (False, True)


def test_the_fields_to_read_of_a_partner() -> None:
    assert partner_fields(Connection(vendor="odoo")) == ["id", "name", "ref", "category_id"]
    named = ["tz", "lang", "x_bosses", "x_phase", "x_from", "user_id", "x_coo"]
    assert partner_fields(WIRED) == ["id", "name", "ref", "category_id", *named]


@pytest.mark.parametrize(("key", "found"), [("id", "10"), ("name", "Acme"), ("external_id", "C-77")])
def test_the_key_of_an_account(key: str, found: str) -> None:
    keyed = Connection.model_validate({"vendor": "odoo", "organizations": {"key": key}})
    assert key_of_partner(ACME, keyed) == found
    assert key_of_partner(ACME | {"name": False, "ref": False}, keyed) == "10"
