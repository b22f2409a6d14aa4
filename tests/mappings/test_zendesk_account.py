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
    account, faults = to_account(ACME, USERS, WIRED)
    assert faults == []
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
    account, faults = to_account(ACME | {"organization_fields": fields}, USERS, WIRED)
    assert account.onboarding is None
    assert account.support is None
    assert account.plan == "standard"
    assert len(faults) == 2
    assert any("dreaming" in fault and "5101" in fault for fault in faults)


def test_without_sources_only_the_name_is_known() -> None:
    plain = Connection(vendor="zendesk")
    account, _ = to_account(ACME, (), plain)
    assert (account.name, account.contacts, account.support) == ("Acme", None, None)
    assert not needs_people(plain)
    assert needs_people(WIRED)
