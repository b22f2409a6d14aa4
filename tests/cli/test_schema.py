"""``policybridge schema``."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bridge.cli.exits import Exit
from bridge.policy.load import SHIPPED, packs
from bridge.yamlio.document import read, read_all

SCENARIOS = SHIPPED.parent / "scenarios"


def schema(policybridge: Any, kind: str) -> Draft202012Validator:
    done = policybridge("schema", kind)
    assert done.code == Exit.OK
    assert done.err == ""
    Draft202012Validator.check_schema(done.json())
    return Draft202012Validator(done.json())


def test_the_schema_of_packs_accepts_the_shipped_ones_and_refuses_a_misspelt_key(policybridge: Any) -> None:
    packs_schema = schema(policybridge, "pack")
    for name in packs():
        document = read(SHIPPED / f"{name}.yaml").value
        assert not list(packs_schema.iter_errors(document))
        assert list(packs_schema.iter_errors({**document, "calenders": {}}))


def test_the_schema_of_scenarios_accepts_the_shipped_ones_and_refuses_a_misspelt_key(policybridge: Any) -> None:
    scenarios = schema(policybridge, "scenario")
    files = sorted(Path(SCENARIOS).rglob("*.yaml"))
    if not files:
        pytest.skip("no scenarios are shipped yet")
    for document in (document for file in files for document in read_all(file)):
        assert not list(scenarios.iter_errors(document.value)), document.name
    assert list(scenarios.iter_errors({"policy": "maas360", "until": "+1h", "tikcet": {}}))


def test_the_schemas_of_the_configuration_and_of_accounts(policybridge: Any) -> None:
    configuration = schema(policybridge, "connection")
    good = {
        "policy": "maas360",
        "connections": {"acme": {"vendor": "zendesk", "tiers": {"1": 41}, "fields": {"clause": 3}}},
    }
    assert not list(configuration.iter_errors(good))
    assert list(configuration.iter_errors({**good, "conections": {}}))
    accounts = schema(policybridge, "accounts")
    assert not list(accounts.iter_errors({"accounts": {"acme": {"plan": "premium", "contacts": ["pat@acme.example"]}}}))
    assert list(accounts.iter_errors({"accounts": {"acme": {"plan": "gold"}}}))
