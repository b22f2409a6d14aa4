"""When clocks start, clocks of no length, and why one is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.account import Account
from bridge.errors import InputError
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.ticket import (
    Actor,
    Changed,
    Channel,
    Message,
    Opener,
    PhoneContact,
    Role,
    Status,
    Ticket,
    TicketRef,
    TimelineEntry,
)

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
FIRST = {"clocks": [{"name": "first_response", "starts_on": "first_customer_message"}]}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def wrote(minutes: float, role: Role, email: str = "") -> Message:
    return Message(at=at(minutes), actor=Actor(role=role, email=email), public=True, text="words")


def call(minutes: float) -> PhoneContact:
    return PhoneContact(at=at(minutes), actor=Actor(role=Role.AGENT))


def decided(
    *entries: TimelineEntry,
    pack: str = "maas360",
    overrides: Any = None,
    account: Account | None = None,
    now: float = 120,
    **ticket: Any,
) -> Any:
    usual = {"channel": Channel.PHONE, "type": "incident", "facts": {"affected": "all"}} | ticket
    found = Ticket(ref=TicketRef(connection="acme", id="1"), created_at=START, timeline=entries, **usual)
    return evaluate(found, account, load_policy(pack, overrides), at(now))


def runs(decision: Any, name: str = "first_response") -> list[tuple[str, float, float | None, int]]:
    """State, start and end in minutes, and how long it ran in seconds."""
    return [
        (
            clock.state.value,
            (clock.started_at - START) / timedelta(minutes=1),
            clock.met_at and (clock.met_at - START) / timedelta(minutes=1),
            int(sum(((end - begin).total_seconds() for begin, end in clock.spans if end), 0)),
        )
        for clock in decision.clocks
        if clock.name == name
    ]


def reason(decision: Any, name: str = "first_response") -> str:
    return next(rule.because for rule in decision.rules if rule.rule == name)


def test_a_clock_that_is_met_in_the_second_in_which_it_starts_is_there() -> None:
    assert runs(decided(call(0))) == [("met", 0, 0, 0)]


def test_a_new_level_in_the_same_second_makes_no_second_clock() -> None:
    by_level = {"clocks": [{"name": "first_response", "starts_on": "level_set"}]}
    assert runs(decided(call(0), overrides=by_level)) == [("met", 0, 0, 0)]


@pytest.mark.parametrize(
    ("opened_by", "entries", "expected"),
    [
        (Opener.CUSTOMER, [wrote(10, Role.AGENT)], [("met", 0, 10, 600)]),
        (None, [wrote(10, Role.AGENT)], [("met", 0, 10, 600)]),
        (Opener.AGENT_FOR_SELF, [wrote(10, Role.AGENT)], [("met", 0, 10, 600)]),
        (Opener.AGENT_ON_BEHALF, [wrote(10, Role.AGENT)], []),
        (
            Opener.AGENT_ON_BEHALF,
            [wrote(10, Role.AGENT), wrote(60, Role.CUSTOMER), wrote(75, Role.AGENT), wrote(80, Role.CUSTOMER)],
            [("met", 60, 75, 900)],
        ),
        (Opener.AGENT_ON_BEHALF, [wrote(60, Role.AGENT), wrote(60, Role.CUSTOMER)], [("breached", 60, None, 0)]),
        (Opener.AGENT_ON_BEHALF, [wrote(60, Role.CUSTOMER), wrote(60, Role.AGENT)], [("met", 60, 60, 0)]),
    ],
)
def test_the_first_response_can_be_owed_from_the_first_message_of_the_customer(
    opened_by: Opener | None, entries: list[Message], expected: Any
) -> None:
    assert runs(decided(*entries, overrides=FIRST, opened_by=opened_by)) == expected


@pytest.mark.parametrize(
    ("ticket", "overrides", "expected"),
    [
        ({"facts": {}}, None, "no target, because the ticket has no severity level yet"),
        ({"channel": Channel.EMAIL}, None, "No initial response target: it applies only to issues reported by phone"),
        (
            {"opened_by": Opener.AGENT_ON_BEHALF},
            FIRST,
            "not started, because an agent opened the ticket and the customer has not written yet",
        ),
    ],
)
def test_why_a_clock_is_missing(ticket: dict[str, Any], overrides: Any, expected: str) -> None:
    decision = decided(overrides=overrides, **ticket)
    assert runs(decision) == []
    assert reason(decision).startswith(expected)


def test_a_level_without_a_target_is_named() -> None:
    decision = decided(pack="oncleversoft", type="request", facts={"severity": "major"})
    assert (runs(decision), reason(decision)) == ([], "no target for severity major")


PLANS = {
    "plans": [{"name": name, "clause": "MA-01", "when": {"tags": {"any": [name]}}} for name in ("gold", "trial")],
    "clocks": [
        {
            "name": "first_response",
            "plan_targets": {"gold": {"critical": "10m"}, "trial": {}},
            "targets": {"replace": {"low": "3h"}},
        }
    ],
}


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ((), "no target for severity critical, except on the plan gold"),
        (("trial",), "no target for severity critical on the plan trial"),
    ],
)
def test_a_plan_without_a_target_is_named(tags: tuple[str, ...], expected: str) -> None:
    decision = decided(overrides=PLANS, tags=frozenset(tags))
    assert (runs(decision), reason(decision)) == ([], expected)
    assert [state for state, *_ in runs(decided(overrides=PLANS, tags=frozenset({"gold"})))] == ["breached"]


def test_a_clock_that_was_met_before_it_had_a_target_says_so() -> None:
    known = Changed(at=at(10), actor=Actor(role=Role.AGENT), field="fact:affected", old=None, new="all")
    decision = decided(call(5), known, facts={"affected": "all"})
    assert (runs(decision), reason(decision)) == ([], "it was met, or ended, before it had a target")


def test_a_condition_can_ask_who_opened_the_ticket() -> None:
    ours = {"clocks": [{"name": "first_response", "when": {"opened_by": "customer"}}]}
    assert runs(decided(call(5), overrides=ours, opened_by=Opener.CUSTOMER)) == [("met", 0, 5, 300)]
    assert runs(decided(call(5), overrides=ours, opened_by=Opener.AGENT_ON_BEHALF)) == []


def test_the_account_says_on_which_side_a_third_person_is() -> None:
    word = wrote(5, Role.OTHER, "desk@partner.example")
    assert runs(decided(word)) == [("breached", 0, None, 0)]
    named = Account(roles={"support_manager": "desk@partner.example"})
    assert runs(decided(word, account=named)) == [("met", 0, 5, 300)]
    contact = Account(contacts=frozenset({"desk@partner.example"}))
    assert runs(decided(word, account=contact)) == [("breached", 0, None, 0)]


def moved(minutes: float, status: Status, before: Status = Status.NEW) -> Changed:
    return Changed(at=at(minutes), actor=Actor(role=Role.AGENT), field="status", old=before, new=status)


STARTED = {"clocks": [{"name": "first_response", "met_by": [], "met_in": ["in_progress", "solved"]}]}


@pytest.mark.parametrize(
    ("entries", "ticket", "expected"),
    [
        ([wrote(5, Role.AGENT), moved(10, Status.IN_PROGRESS)], {"status": "in_progress"}, [("met", 0, 10, 600)]),
        ([moved(10, Status.SOLVED)], {"status": "solved"}, [("met", 0, 10, 600)]),
        ([moved(10, Status.WAITING_CUSTOMER)], {"status": "waiting_customer"}, [("breached", 0, None, 600)]),
        ([], {"status": "in_progress"}, [("met", 0, 0, 0)]),
        (
            [moved(10, Status.IN_PROGRESS), moved(20, Status.OPEN, Status.IN_PROGRESS)],
            {"status": "open"},
            [("met", 0, 10, 600)],
        ),
    ],
)
def test_a_status_can_meet_a_clock_and_words_do_not(
    entries: list[TimelineEntry], ticket: dict[str, Any], expected: Any
) -> None:
    assert runs(decided(*entries, overrides=STARTED, **ticket)) == expected


ROUND = {"clocks": [{"name": "first_response", "met_by": [], "met_when": {"device": {"known": True}}}]}
ALLOWED: dict[str, Any] = {"closure": {"if_unconfirmed": "allow"}}


def named(minutes: float, device: str | None = "tablet", old: str | None = None) -> Changed:
    return Changed(at=at(minutes), actor=Actor(role=Role.AGENT), field="fact:device", old=old, new=device)


@pytest.mark.parametrize(
    ("entries", "device", "expected"),
    [
        ([], None, [("breached", 0, None, 0)]),
        ([], "tablet", [("met", 0, 0, 0)]),
        ([named(10)], "tablet", [("met", 0, 10, 600)]),
        ([named(10), named(20, None, "tablet"), named(30)], "tablet", [("met", 0, 10, 600)]),
        ([wrote(5, Role.AGENT), named(70)], "tablet", [("breached", 0, 70, 4200)]),
        ([moved(10, Status.SOLVED), named(20)], "tablet", [("cancelled", 0, None, 600)]),
    ],
    ids=["never", "from the start", "in time", "and no longer", "late", "solved before"],
)
def test_a_condition_can_meet_a_clock(entries: list[TimelineEntry], device: str | None, expected: Any) -> None:
    status = "solved" if any(getattr(entry, "field", "") == "status" for entry in entries) else "new"
    facts = {"affected": "all"} | ({"device": device} if device else {})
    assert runs(decided(*entries, overrides=ROUND | ALLOWED, facts=facts, status=status)) == expected


def test_a_condition_meets_no_clock_that_starts_again() -> None:
    periodic = {"clocks": [ROUND["clocks"][0] | {"periodic": True}]}
    with pytest.raises(InputError, match="found met_when on a clock that starts again"):
        load_policy("maas360", periodic)


def test_a_clock_that_nothing_meets_is_refused() -> None:
    nothing = {"clocks": [{"name": "first_response", "met_by": []}]}
    with pytest.raises(InputError, match="allowed: what meets it, under met_by, met_in or met_when"):
        load_policy("maas360", nothing)
