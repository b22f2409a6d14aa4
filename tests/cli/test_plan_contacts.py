"""Contacts of a plan (``plan_roles``) in the warnings about roles that nobody fills, through the commands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.cli.exits import Exit

ROLE = "customer_service_director"


def configure(machine: Any, **overrides: Any) -> None:
    """The policy with something laid over it."""
    file = machine.folder / "policybridge.yaml"
    settings = json.loads(file.read_text())
    file.write_text(json.dumps(settings | {"overrides": {"maas360": overrides}}))


def unreached(machine: Any) -> list[str]:
    """What doctor says of roles of the policy that the connection cannot reach."""
    lines = machine("doctor", "--json").json()["lines"]
    return [line["advice"] for line in lines if "uses the role" in line["advice"]]


def test_a_role_with_a_contact_in_one_plan_can_be_reached(connected: Any) -> None:
    assert any(ROLE in line for line in unreached(connected))
    configure(connected, plan_roles={"premium": {ROLE: "gold@vendor.example"}})
    found = unreached(connected)
    assert found
    assert not any(ROLE in line for line in found)


def test_a_digest_to_the_contact_of_a_plan_needs_a_mail_server(connected: Any) -> None:
    digest = {"name": "daily", "clause": "MA-10", "notify": [ROLE], "at": "08:00"}
    contacts = {"mail": "gold@vendor.example", "chat": "json://chat.vendor.example/hook"}
    needs = {}
    for kind, contact in contacts.items():
        roles = {"roles": {ROLE: "json://chat.vendor.example/hook"}, "plan_roles": {"premium": {ROLE: contact}}}
        configure(connected, digests=[digest], **roles)
        needs[kind] = any("name the mail server for digests" in line for line in unreached(connected))
    assert needs == {"mail": True, "chat": False}


@pytest.mark.parametrize(
    ("plans", "message"),
    [
        (
            {"platinum": {ROLE: "x@vendor.example"}},
            "PB113 an unknown plan: found 'platinum'; allowed: ",
        ),
        ({"premium": {"directer": "x@vendor.example"}}, "PB501 an unknown role: found 'directer'; allowed: "),
    ],
)
def test_an_unknown_plan_or_role_is_named_in_one_line(
    connected: Any, plans: dict[str, dict[str, str]], message: str
) -> None:
    configure(connected, plan_roles=plans)
    done = connected("review", "1")
    assert done.code == Exit.UNUSABLE
    assert message in done.err
    assert done.err.count("\n") == 1
