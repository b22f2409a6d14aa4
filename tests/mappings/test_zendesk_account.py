"""A Zendesk organization becomes an account."""

from datetime import date

from mappings.account import needs_people
from mappings.connection import Connection
from mappings.zendesk.account import to_account

WIRED = Connection.model_validate(
    {
        "vendor": "zendesk",
        "organizations": {
            "plan": {"tags": {"gold": "premium", "silver": "standard"}},
            "time_zone": {"field": "zone"},
            "agreed_languages": {"field": "languages"},
            "contacts": {"user_tag": "help_desk"},
            "management": {"field": "bosses"},
            "roles": {"account_manager": {"field": "am"}, "coo": {"field": "coo"}},
            "onboarding": {"field": "phase", "values": {"Live": "support_initiated"}},
            "support_starts": {"field": "from"},
        },
    }
)
ACME = {
    "id": 5101,
    "name": "Acme",
    "tags": ["Silver"],
    "organization_fields": {
        "zone": "Europe/Berlin",
        "languages": "en, de",
        "bosses": "Boss@acme.example; chief@acme.example",
        "am": "am@vendor.example",
        "coo": None,
        "phase": "Live",
        "from": "2026-01-01T00:00:00+00:00",
    },
}
USERS = [
    {"email": "Pat@acme.example", "tags": ["help_desk"]},
    {"email": "else@acme.example", "tags": []},
]


def test_everything_that_the_connection_configures_is_mapped() -> None:
    account = to_account(ACME, USERS, WIRED)
    assert account.unusable == {}
    assert (account.name, account.plan, account.time_zone) == ("Acme", "standard", "Europe/Berlin")
    assert account.agreed_languages == ("en", "de")
    assert account.contacts == {"pat@acme.example"}
    assert account.management == {"boss@acme.example", "chief@acme.example"}
    assert account.roles == {"account_manager": "am@vendor.example"}
    assert account.onboarding == "support_initiated"
    assert account.support is not None
    assert account.support.starts == date(2026, 1, 1)


def test_an_invalid_value_is_reported_and_left_out() -> None:
    fields = dict(ACME["organization_fields"]) | {"phase": "dreaming", "from": "soon"}
    account = to_account(ACME | {"organization_fields": fields}, USERS, WIRED)
    assert account.onboarding is None
    assert account.support is None
    assert account.plan == "standard"
    assert account.unusable.keys() == {"onboarding", "support_starts"}
    assert account.unusable["onboarding"].startswith("organization 5101: onboarding 'dreaming' is not used: ")


def test_without_sources_only_the_name_is_known() -> None:
    plain = Connection(vendor="zendesk")
    account = to_account(ACME, (), plain)
    assert (account.name, account.contacts, account.support) == ("Acme", None, None)
    assert not needs_people(plain)
    assert needs_people(WIRED)


def test_a_time_zone_as_zendesk_spells_it_is_translated() -> None:
    fields = dict(ACME["organization_fields"]) | {"zone": "Eastern Time (US & Canada)"}
    account = to_account(ACME | {"organization_fields": fields}, USERS, WIRED)
    assert (account.time_zone, account.unusable) == ("America/New_York", {})


def test_each_word_that_cannot_be_used_is_named_and_the_rest_is_kept() -> None:
    fields = {
        "zone": "Mars/Olympus",
        "languages": "en_US; German",
        "bosses": "Boss, chief@acme.example",
        "from": "0001",
    }
    account = to_account(ACME | {"organization_fields": fields}, USERS, WIRED)
    assert account.unusable.keys() == {"time_zone", "agreed_languages", "management", "support_starts"}
    assert account.unusable["time_zone"].startswith(
        "organization 5101: time_zone 'Mars/Olympus' is not used: allowed: "
    )
    assert (account.time_zone, account.support, account.plan) == (None, None, "standard")
    assert account.agreed_languages == ("en",)
    assert account.management == {"chief@acme.example"}


def test_support_without_end_may_be_written_as_a_far_day() -> None:
    wired = Connection.model_validate({"vendor": "zendesk", "organizations": {"support_ends": {"field": "until"}}})
    account = to_account(ACME | {"organization_fields": {"until": "9999-12-31"}}, (), wired)
    assert account.support is not None
    assert (account.support.ends, account.unusable) == (None, {})
