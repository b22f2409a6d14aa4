"""``policybridge install``: what it refuses before any helpdesk is asked; tests/odoo has the rest."""

from typing import Any

import pytest

from bridge.cli.exits import Exit

ODOO = {"vendor": "odoo"}


@pytest.mark.parametrize("flags", [[], ["--plan", "--apply"], ["--apply", "--remove"]])
def test_one_of_plan_apply_and_remove_is_wanted(policybridge: Any, flags: list[str]) -> None:
    done = policybridge("install", "odoo", *flags)
    assert done.code == Exit.UNUSABLE
    assert "give one of --plan, --apply and --remove" in done.err


@pytest.mark.parametrize(
    ("connections", "arguments", "message"),
    [
        ({"desk": {"vendor": "zendesk"}}, ["zendesk"], "set ZENDESK_SUBDOMAIN=acme for acme.zendesk.com"),
        ({"desk": {"vendor": "zendesk"}}, ["odoo"], "no connection is to odoo; add one as docs/connect-odoo.md says"),
        ({"desk": ODOO}, ["salesforce"], "VENDOR: found 'salesforce'; allowed: odoo, zendesk"),
        ({"a": ODOO, "b": ODOO}, ["odoo"], "--connection: found none; allowed: a, b"),
        ({"a": ODOO, "b": ODOO}, ["odoo", "--connection", "c"], "--connection: found c; allowed: a, b"),
        ({"desk": ODOO}, ["odoo", "--url", "http://bridge.example.com"], "--url: found 'http://bridge.example.com'; "),
        ({"desk": ODOO}, ["odoo"], "ODOO_URL"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_what_is_allowed(
    policybridge: Any, connections: dict[str, Any], arguments: list[str], message: str
) -> None:
    policybridge.write("policybridge.yaml", {"policy": "maas360", "connections": connections})
    done = policybridge("install", *arguments, "--plan")
    assert done.code == Exit.UNUSABLE
    assert message in done.err
    assert len(done.err.splitlines()) == 1


def test_a_setup_without_the_administrators_key_says_which_variable(policybridge: Any) -> None:
    policybridge.write("policybridge.yaml", {"policy": "maas360", "connections": {"desk": ODOO}})
    settings = {"ODOO_URL": "http://127.0.0.1:9", "ODOO_DB": "acme", "ODOO_API_KEY": "k" * 40}
    done = policybridge("install", "odoo", "--plan", **settings)
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith("ODOO_ADMIN_API_KEY: ")
    assert "an API key of an administrator" in done.err
