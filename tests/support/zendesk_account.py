"""The local Zendesk as tests use it: its process, ids, people, and the configuration of a bridge for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.sandbox.zendesk import seeds
from bridge.sandbox.zendesk.process import ZendeskSandbox

IDS = seeds.connection()
CLIENT = "helpdesk@acme.example"
AGENT = "agent1@vendor.example"


@pytest.fixture(scope="session")
def zendesk_process() -> Iterator[ZendeskSandbox]:
    """One local Zendesk for a whole run; whoever uses it resets it first, and may turn its clock ahead."""
    with ZendeskSandbox() as sandbox:
        yield sandbox


class PresentDay(ZendeskSandbox):
    """A local Zendesk that goes by the wall clock, as the servers and commands beside it do."""

    def advance(self, seconds: float) -> None:
        raise AssertionError(f"{seconds} s ahead of everybody else; start a ZendeskSandbox of your own for that")


@pytest.fixture(scope="session")
def present_day() -> Iterator[ZendeskSandbox]:
    """One local Zendesk whose clock nobody turns, for servers, which go by the wall clock."""
    with PresentDay() as sandbox:
        yield sandbox


def configuration() -> dict[str, Any]:
    """What an admin of the sandbox's account would write into policybridge.yaml."""
    named = {"facts", "fields", "statuses"}
    tables = {table: {n.removeprefix(f"{table}."): i for n, i in IDS.items() if n.startswith(table)} for table in named}
    facts = {name: {"field": number} for name, number in tables["facts"].items()}
    for fact in ("affected", "impact"):
        facts[fact]["values"] = seeds.option_tags(fact)
    zendesk = {
        "vendor": "zendesk",
        "mode": "enforce",
        "tiers": {tier: IDS[f"groups.tier_{tier}"] for tier in (1, 2, 3)},
        "groups": {"japanese": IDS["groups.japanese"]},
        "statuses": tables["statuses"],
        "facts": facts,
        "fields": tables["fields"],
        "marks": {
            "escalation": {"tag": "request_escalation"},
            "confirm_resolution": {"tag": "resolution_confirmed"},
        },
    }
    return {"policy": "maas360", "connections": {"zendesk": zendesk}}
