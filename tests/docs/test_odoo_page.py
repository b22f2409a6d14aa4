"""``docs/connect-odoo.md`` is enough to connect a database with: its example can be used, and nothing is left out."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from bridge.cli import cli
from bridge.config.odoo_settings import OdooSettings
from bridge.helpdesks.odoo.setup.fields import ticket_fields
from bridge.policy.load import load_policy
from bridge.policy.requirements import helpdesk_requirements
from bridge.yamlio.document import only, parse_all
from bridge.yamlio.validate import validate
from mappings.connection import Configuration

PAGE = (Path(__file__).parents[2] / "docs" / "connect-odoo.md").read_text("utf-8")
ZENDESK = (Path(__file__).parents[2] / "docs" / "connect-zendesk.md").read_text("utf-8")
EXAMPLE = re.search(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def test_the_connection_in_the_page_can_be_used_and_its_fields_be_made() -> None:
    assert EXAMPLE
    configuration = validate(only(parse_all(EXAMPLE[1], name="example"), "example"), Configuration)
    connection = configuration.connections["odoo"]
    policies = [load_policy(name) for name in configuration.policy]
    made = {field.name: field.type for field in ticket_fields(helpdesk_requirements(policies), policies, connection)}
    assert {name: made[name] for name in ("x_affected", "x_devices", "x_escalate", "x_updates")} == {
        "x_affected": "selection",
        "x_devices": "number",
        "x_escalate": "boolean",
        "x_updates": "selection",
    }
    assert "x_contract_clause" in made


@pytest.mark.parametrize("name", [name for name in OdooSettings.model_fields if not name.startswith("_")])
def test_every_setting_is_named(name: str) -> None:
    assert f"`ODOO_{name}`".upper() in PAGE.upper()


def test_every_option_of_install_is_named() -> None:
    """Each on the page of its vendor; those of both are here."""
    missing = [
        name
        for option in cli.commands["install"].params
        for name in option.opts
        if name.startswith("--") and name not in (ZENDESK if _is_for_zendesk(option) else PAGE)
    ]
    assert not missing


def _is_for_zendesk(option: click.Parameter) -> bool:
    return isinstance(option, click.Option) and (option.help or "").startswith("Zendesk")


def test_no_setting_is_named_that_does_not_exist() -> None:
    documented = set(re.findall(r"`ODOO_(\w+)`", PAGE))
    assert {name.lower().removesuffix("_file") for name in documented} <= OdooSettings.model_fields.keys()
