"""A response of Zendesk proves our own changes, never those of a trigger."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.zendesk.verification import Check, UpdateResponse, custom_field_is, field_is, verify

TRIGGER = {"channel": "rule", "source": {"from": {"id": 1, "title": "Raise"}, "to": {}, "rel": "trigger"}}
API = {"channel": "api", "source": {"from": {}, "to": {}, "rel": None}}


def answer(field_name: str, value: Any, via: Any, kind: str = "Change", **present: Any) -> UpdateResponse:
    ticket = {"id": 7, "priority": "low", "custom_fields": [{"id": 61, "value": "other"}]} | present
    event = {"type": kind, "field_name": field_name, "value": value, "previous_value": None, "via": via}
    return UpdateResponse(ticket, {"events": [event]})


CHECKS = [("priority", field_is("priority", "urgent"), "urgent"), ("61", custom_field_is(61, "critical"), "critical")]


@pytest.mark.parametrize(("name", "check", "value"), CHECKS)
def test_our_own_change_is_proof_even_if_a_trigger_changed_it_later(name: str, check: Check, value: str) -> None:
    assert verify({"k": [check]}, answer(name, value, API)) == (frozenset({"k"}), {})
    assert verify({"k": [check]}, answer(name, value, API, kind="Create")) == (frozenset({"k"}), {})


@pytest.mark.parametrize(("name", "check", "value"), CHECKS)
def test_a_triggers_change_to_the_same_value_is_no_proof(name: str, check: Check, value: str) -> None:
    """A trigger set the value and another one changed it again: our write may never have had an effect."""
    confirmed, faults = verify({"k": [check]}, answer(name, value, TRIGGER))
    assert confirmed == frozenset()
    assert "Zendesk answered 200, but" in faults["k"]


@pytest.mark.parametrize(("name", "check", "value"), CHECKS)
def test_another_field_value_or_event_is_no_proof(name: str, check: Check, value: str) -> None:
    for found in (
        answer("status", value, API),
        answer(name, "something", API),
        answer(name, value, API, kind="Notification"),
    ):
        assert verify({"k": [check]}, found)[0] == frozenset()
