"""The written form of effects: what the version before recorded is read, and what is recorded now looks the same."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decision import Clear, Decision, Fact, Field, MessageKind, Plan, Say, Set, SystemField, Tag
from bridge.decision.records import (
    ACTION_NAMES,
    action_name,
    action_value,
    ledger_fields,
    parse_action,
    parse_ledger_fields,
)
from bridge.decision.targets import parse_target, target_text

from .conftest import CITE, decision, desired, message

FORMS: list[tuple[Any, str, int | str, str, int | str]] = [
    # action, its name and value in reviews, target and value in the ledger
    (Set(cite=CITE, key="k", target=Tag("policy_x")), "add_tag", "policy_x", "tag:policy_x", "present"),
    (Clear(cite=CITE, key="k", target=Tag("policy_x")), "remove_tag", "policy_x", "tag:policy_x", ""),
    (Set(cite=CITE, key="k", target=Field("at"), value="a=b"), "set_field", "at=a=b", "field:at", "a=b"),
    (Clear(cite=CITE, key="k", target=Field("at")), "set_field", "at=", "field:at", ""),
    (Set(cite=CITE, key="k", target=SystemField.GROUP, value="jp"), "set_field", "group=jp", "group", "jp"),
    (Set(cite=CITE, key="k", target=SystemField.TIER, value=2), "set_tier", 2, "tier", 2),
    (Set(cite=CITE, key="k", target=SystemField.STATUS, value="open"), "set_status", "open", "status", "open"),
    (Set(cite=CITE, key="k", target=SystemField.PRIORITY, value="low"), "set_priority", "low", "priority", "low"),
    (Set(cite=CITE, key="k", target=SystemField.ASSIGNEE, value="7"), "set_assignee", "7", "assignee", "7"),
    *((Say(cite=CITE, key="k", kind=kind, template="t"), str(kind), "t", "say", "t") for kind in MessageKind),
]


@pytest.mark.parametrize(("action", "name", "value", "target", "held"), FORMS)
def test_every_action_has_its_published_name_and_value(
    action: Any, name: Any, value: int | str, target: str, held: int | str
) -> None:
    assert (action_name(action), action_value(action)) == (name, value)
    assert parse_action(name, value, key="k", cite=CITE) == action
    assert ledger_fields(action) == (target, held)
    assert parse_ledger_fields(name, target, held, key="k", cite=CITE) == action


def test_every_published_name_is_tried() -> None:
    assert {name for _, name, *_ in FORMS} == set(ACTION_NAMES)


@pytest.mark.parametrize(("action", "name", "value"), [form[:3] for form in FORMS])
def test_a_plan_of_the_version_before_is_read_and_written_as_it_was(action: Any, name: str, value: int | str) -> None:
    cite = {"pack": "acme", "version": "3", "clause": "AC-03"}
    written = {"cite": cite, "because": "why", "action": name, "value": value, "key": "k", "text": "", "to": []}
    recorded = json.dumps({"actions": [written], "findings": []}, separators=(",", ":"))
    read = Plan.model_validate_json(recorded)
    assert read.actions == (action.model_copy(update={"because": "why"}),)
    assert json.loads(read.model_dump_json()) == json.loads(recorded)


def test_a_decision_of_the_version_before_is_read_and_written_as_it_was() -> None:
    cite, since = {"pack": "acme", "version": "3", "clause": "AC-03"}, "2026-03-02T06:00:00Z"
    more = {"cite": cite, "because": "b", "key": "k", "since": since, "to": [], "on_override": "respect"}
    wants = [
        {**more, "field": "tag:policy_x", "value": "present"},
        {**more, "field": "field:region", "value": "present"},
        {**more, "field": "fact:stage", "value": ""},
        {**more, "field": "tier", "value": 2},
    ]
    say = {"cite": cite, "because": "b", "speech": "notify", "key": "k", "template": "coo", "text": "x"}
    says = [{**say, "to": ["a@x.example"], "due_at": since, "gives_way": True}]
    plain = json.loads(decision().model_dump_json()) | {"wants": wants, "says": says}
    read = Decision.model_validate_json(json.dumps(plain))
    assert [(one.target, one.value) for one in read.desired] == [
        (Tag("policy_x"), True),
        (Field("region"), "present"),
        (Fact("stage"), None),
        (SystemField.TIER, 2),
    ]
    assert [owed.kind for owed in read.due_messages] == [MessageKind.NOTIFY]
    assert json.loads(read.model_dump_json()) == plain


def test_a_fact_is_shown_as_a_field_and_recorded_as_a_fact() -> None:
    """A display field of the same name is another field, and an undo must find the right one."""
    written = desired(Fact("stage"), "study").action()
    assert (action_name(written), action_value(written)) == ("set_field", "stage=study")
    assert ledger_fields(written) == ("fact:stage", "study")
    assert ledger_fields(desired(Fact("stage"), None).action()) == ("fact:stage", "")
    assert ledger_fields(desired(Field("stage"), "study").action()) == ("field:stage", "study")


names = st.text("abc_:=", min_size=1)
targets = st.one_of(*(st.builds(kind, names) for kind in (Tag, Field, Fact)), st.sampled_from(SystemField))


@given(targets)
def test_a_target_is_read_as_it_was_written(target: Any) -> None:
    assert parse_target(target_text(target)) == target


@pytest.mark.parametrize("text", ["", "x", "x:y", "tags"])
def test_what_names_no_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="SystemField"):
        parse_target(text)


@pytest.mark.parametrize("target", [Tag("policy_x"), *SystemField])
def test_only_fields_can_be_wanted_empty(target: Any) -> None:
    with pytest.raises(ValueError, match="cannot be empty"):
        desired(target, None)


def test_a_message_to_nobody_is_no_public_message() -> None:
    assert [message("m", kind).is_public for kind in MessageKind] == [True, False, False]


def test_what_is_recorded_of_a_channel_is_its_kind() -> None:
    """The URL of a channel holds its token; whoever sends the message has it, and no record."""
    owed = message("coo", MessageKind.NOTIFY, to=("slack://canary/canary", "coo@vendor.example"))
    planned = Plan(actions=(owed.action(),))
    assert owed.action().to == ("slack://canary/canary", "coo@vendor.example")
    for record in (decision(owes=[owed]), planned, owed.action()):
        written = record.model_dump_json()
        assert "canary" not in written
        assert '"slack://***","coo@vendor.example"' in written
    assert Plan.model_validate_json(planned.model_dump_json()).model_dump_json() == planned.model_dump_json()
