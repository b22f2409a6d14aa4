"""What a connection allows of a plan: its fields, its mode, and nothing on a closed ticket."""

from __future__ import annotations

import pytest

from bridge.account import Account
from bridge.decision import (
    Action,
    Clear,
    Fact,
    Field,
    Finding,
    MessageKind,
    Mode,
    Plan,
    Severity,
    SystemField,
    Tag,
    Target,
)
from bridge.plan import restrict
from bridge.plan.rollout import Rollout
from bridge.ticket import Status

from .conftest import CITE, desired, message, ticket

PUBLIC, NOTE, NOTIFY = (message(str(kind), kind).action() for kind in MessageKind)
TAG, PRIORITY = desired(Tag("policy_x")).action(), desired(SystemField.PRIORITY, "high").action()
GROUP = desired(SystemField.GROUP, "japanese").action()
REGION, STAGE = desired(Field("region"), "apac").action(), desired(Fact("stage"), "study").action()
UNTAG, UNSET = Clear(cite=CITE, target=Tag("policy_y"), key="k1"), Clear(cite=CITE, target=Field("region"), key="k2")
ALL = (PUBLIC, NOTE, NOTIFY, TAG, PRIORITY, GROUP, REGION, STAGE, UNTAG, UNSET)
KNOWN: frozenset[Target] = frozenset({Field("region"), Fact("stage"), SystemField.GROUP})


@pytest.mark.parametrize(("mode", "allowed"), [("enforce", ALL), ("comment_only", (NOTE,)), ("shadow", ())])
def test_a_mode_allows_only_so_much(mode: Mode, allowed: tuple[Action, ...]) -> None:
    assert Rollout((), ticket(), Account(), mode).withhold(Plan(actions=ALL)).permitted.actions == allowed


@pytest.mark.parametrize(
    ("target", "left_out"),
    [
        (Field("region"), {REGION, UNSET}),
        (Fact("stage"), {STAGE}),
        (SystemField.GROUP, {GROUP}),
        (Field("stage"), set()),
    ],
)
def test_a_field_that_the_connection_does_not_name_is_not_written(target: Target, left_out: set[Action]) -> None:
    allowed = restrict(Plan(actions=ALL), ticket(), fields=KNOWN - {target}).actions
    assert allowed == tuple(action for action in ALL if action not in left_out)


def test_what_the_connection_has_no_place_for_is_an_error_and_not_silence() -> None:
    left = restrict(Plan(actions=(GROUP, STAGE, REGION)), ticket(), fields=frozenset())
    assert left.actions == ()
    assert [(found.code, found.severity) for found in left.findings] == [("not_carried", Severity.ERROR)] * 2
    assert "the group japanese cannot be set" in left.findings[0].because
    assert "stage cannot be set to study" in left.findings[1].because


def test_a_closed_ticket_takes_nothing_and_the_unsent_message_is_an_error() -> None:
    before = Finding(cite=CITE, code="overridden")
    closed = restrict(Plan(actions=ALL, findings=(before,)), ticket(status=Status.CLOSED), fields=KNOWN)
    assert closed.actions == ()
    assert [(found.code, found.severity) for found in closed.findings] == [
        ("overridden", Severity.INFO),
        ("closed_unheard", Severity.ERROR),
    ]
    assert closed.findings[1].because == (
        "the ticket is closed and accepts no messages, so public_message was not sent to the customer (it is due): "
        "open a follow-up ticket and write to them there"
    )
    assert restrict(Plan(actions=ALL), ticket(status=Status.SOLVED), fields=KNOWN).actions == ALL
