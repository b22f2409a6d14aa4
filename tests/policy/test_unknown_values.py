"""Values that mean nothing to a policy: each is named on the ticket, no severity hides it, and the rest goes on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.account import Account, SupportPeriod
from bridge.decision import Decision, MessageKind
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.ticket import Actor, Changed, FactValue, Role, Ticket, TicketRef

CREATED = datetime(2026, 3, 6, 9, tzinfo=UTC)
SOURCE: dict[str, Any] = {
    "pack": "small",
    "title": "A small policy",
    "version": "1",
    "effective": "2026-01-01",
    "ticket_types": ["incident"],
    "facts": {
        "affected": {"type": "choice", "values": ["all", "some"], "label": "Who cannot work"},
        "down": {"type": "bool"},
        "planned": {"type": "datetime"},
        "hours": {"type": "number"},
    },
    "calendars": {"always": {"clause": "S-1", "hours": "always"}},
    "severity": {
        "clause": "S-1",
        "levels": {"P1": "urgent", "P2": "high", "P4": "low"},
        "rows": [
            {"level": "P1", "when": {"affected": "all"}},
            {"level": "P2", "when": {"down": True}},
        ],
        "default": "P4",
    },
    "templates": {"severity": "Severity {level}.", "notify": "For {role}."},
    "clauses": {"S-1": {"heading": "Severity", "text": "All of it"}},
}


def decide(facts: dict[str, FactValue], source: dict[str, Any] = SOURCE, account: Account | None = None) -> Decision:
    ticket = Ticket(
        ref=TicketRef(connection="desk", id="1"), created_at=CREATED, status="open", type="incident", facts=facts
    )
    return evaluate(ticket, account, Policy.of(source), CREATED + timedelta(hours=3))


def notes(decision: Decision) -> list[str]:
    messages = (message for message in decision.due_messages if message.kind is MessageKind.INTERNAL_NOTE)
    return [message.text for message in messages if message.template == "unknown_value"]


def test_a_renamed_option_is_named_with_the_values_that_the_policy_knows() -> None:
    decision = decide({"affected": "all_users"})
    (found,) = (finding for finding in decision.findings if finding.code == "unknown_value")
    assert found.because == (
        "affected (Who cannot work) is 'all_users', which the policy does not know; it knows: all, some"
    )
    (note,) = notes(decision)
    assert note.startswith("The field affected (Who cannot work) is 'all_users'")


def test_a_type_that_the_policy_does_not_know_is_a_finding() -> None:
    ticket = Ticket(ref=TicketRef(connection="desk", id="1"), created_at=CREATED, status="open", type="wish")
    for found, expected in (
        (ticket, ["the type is 'wish', which the policy does not know; it knows: incident"]),
        (ticket.model_copy(update={"type": "incident"}), []),
        (ticket.model_copy(update={"type": None}), []),
    ):
        decision = evaluate(found, None, Policy.of(SOURCE), CREATED + timedelta(hours=3))
        assert [finding.because for finding in decision.findings if finding.code == "unknown_value"] == expected
        assert decision.level == "P4"
        assert notes(decision) == []


def test_a_chosen_severity_that_is_no_level_is_named_although_its_values_are_not_listed() -> None:
    severity = {"clause": "S-1", "levels": {"P1": "urgent", "P2": "high"}, "chosen_in": {"fact": "chosen"}}
    source = SOURCE | {"facts": {"chosen": {"label": "Severity"}}, "severity": severity}
    decision = decide({"chosen": "Sev 1"}, source)
    (note,) = notes(decision)
    assert note.startswith("The field chosen (Severity) is 'Sev 1', which the policy does not know; it knows: P1, P2")
    assert notes(decide({"chosen": "P1"}, source)) == []
    assert notes(decide({}, source)) == []


def test_the_default_does_not_take_the_place_of_an_unknown_value() -> None:
    decision = decide({"affected": "all_users"})
    assert decision.level is None
    (rule,) = (rule for rule in decision.rules if rule.rule == "severity")
    assert "affected is 'all_users'" in rule.because


def test_the_default_is_for_tickets_of_which_nothing_is_known() -> None:
    assert decide({}).level == "P4"
    assert decide({"affected": "some"}).level == "P4"


@pytest.mark.parametrize("row", [{}, {"type": "incident"}, {"affected": {"not": "all"}}])
def test_a_row_for_everything_else_does_not_take_it_either(row: dict[str, Any]) -> None:
    severity = SOURCE["severity"] | {"rows": [*SOURCE["severity"]["rows"], {"level": "P4", "when": row}]}
    source = SOURCE | {"severity": severity}
    assert decide({"affected": "all_users"}, source).level is None
    assert decide({"affected": "some"}, source).level == "P4"


def test_a_level_that_follows_whatever_the_value_means_is_kept() -> None:
    rows = [{"level": "P1", "when": {"any": [{"down": True}, {"affected": "all"}]}}]
    source = SOURCE | {"severity": SOURCE["severity"] | {"rows": rows}}
    assert decide({"affected": "all_users", "down": True}, source).level == "P1"


def test_the_level_is_back_as_soon_as_somebody_corrects_the_value() -> None:
    ticket = Ticket(
        ref=TicketRef(connection="desk", id="1"),
        created_at=CREATED,
        status="open",
        facts={"affected": "all"},
        timeline=(
            Changed(
                at=CREATED + timedelta(hours=1),
                actor=Actor(role=Role.AGENT),
                field="fact:affected",
                old="all_users",
                new="all",
            ),
        ),
    )
    decision = evaluate(ticket, None, Policy.of(SOURCE), CREATED + timedelta(hours=3))
    assert decision.level == "P1"
    assert not notes(decision)


@pytest.mark.parametrize(
    ("facts", "allowed"),
    [
        ({"down": "maybe"}, "true, false"),
        ({"hours": "many"}, "a number"),
        ({"hours": float("inf")}, "a number"),
        ({"planned": "tomorrow"}, "a date and time"),
        ({"planned": "2026-03-06 10:00"}, "a date and time"),
        ({"planned": "0001-01-01T00:00:00+14:00"}, "a date and time"),
        ({"planned": "9999-12-31T23:59:59-12:00"}, "a date and time"),
    ],
)
def test_every_type_of_fact_says_what_it_knows(facts: dict[str, FactValue], allowed: str) -> None:
    (note,) = notes(decide(facts))
    assert allowed in note


@pytest.mark.parametrize(
    "facts", [{"down": "true"}, {"hours": 4}, {"hours": "4.5"}, {"planned": "2026-03-06T10:00:00Z"}]
)
def test_what_a_fact_means_is_no_news(facts: dict[str, FactValue]) -> None:
    assert not notes(decide(facts))


def test_a_checkbox_that_is_read_as_text_is_a_yes() -> None:
    assert decide({"down": "true"}).level == "P2"
    assert decide({"down": "false"}).level == "P4"


def test_what_the_helpdesk_says_of_the_account_and_nobody_can_use_is_a_finding() -> None:
    account = Account(
        unusable={"time_zone": "organization 5: time_zone 'Mars' is not used: allowed: an IANA time zone"}
    )
    decision = decide({"affected": "all"}, account=account)
    assert decision.level == "P1"
    assert [finding.because for finding in decision.findings] == list(account.unusable.values())


@pytest.mark.parametrize("pack", packs())
@pytest.mark.parametrize(
    "word", ["\u0663", "all_users", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1e999", "-", "nan"]
)
def test_no_word_from_outside_stops_a_review(pack: str, word: str) -> None:
    policy = load_policy(pack)
    ticket = Ticket(
        ref=TicketRef(connection="desk", id="1"),
        created_at=CREATED,
        type=policy.ticket_types[0],
        facts=dict.fromkeys(policy.facts, word),
        requester={"email": word, "locale": word},
        tags=frozenset({word}),
    )
    account = Account(
        contacts=frozenset({word}),
        agreed_languages=(word,),
        roles=dict.fromkeys(policy.role_directory, word),
        support=SupportPeriod(ends="9999-12-31"),
    )
    assert evaluate(ticket, account, policy, CREATED + timedelta(days=3)).pack == pack


def test_a_status_that_cannot_be_resolved_is_for_the_admin_and_not_a_note_on_every_ticket() -> None:
    """As after the rename of a stage that the configuration names: the ticket's status is right, the name is not."""
    policy = load_policy("maas360")
    ticket = Ticket(ref=TicketRef(connection="desk", id="1"), created_at=CREATED, status=None, status_label="Your turn")
    unresolved = ticket.model_copy(update={"unusable": {"status": "there is no stage 'Awaiting'"}})
    unknown, held = (evaluate(each, None, policy, CREATED + timedelta(hours=1)) for each in (ticket, unresolved))
    assert "status_unknown" in {message.template for message in unknown.due_messages}
    assert "status_unknown" not in {message.template for message in held.due_messages}
    assert {"status_unknown", "unusable_value"} <= {finding.code for finding in held.findings}
