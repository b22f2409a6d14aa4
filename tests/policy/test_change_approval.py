"""A change of the severity that is held: whose consent counts, which changes need none, and what the bridge writes."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import InputError

from .conftest import Play, done

FACTS = {"severity": {"type": "choice", "values": ["bad", "mild", "small"], "label": "The severity chosen"}}
HEAD = """
    account: {name: Acme, management: [boss@customer.example]}
    ticket: {at: 2026-03-02T09:00:00Z, type: incident, requester: {email: pat@customer.example}, FACTS}
    until: +9h
"""


def chosen(**held: Any) -> dict[str, Any]:
    settings = {"clause": "AC-5", "gate": "severity_change", "request_message": "ask", **held}
    return {
        "facts": FACTS,
        "severity": {"clause": "AC-2", "chosen_in": {"fact": "severity", "change_approval": settings}},
    }


def scenario(*events: str, facts: str = "facts: {severity: mild}") -> str:
    return HEAD.replace("FACTS", facts) + "    events:\n" + "\n".join(f"      - {{{event}}}" for event in events)


def priorities(play: Play, settings: dict[str, Any], *events: str) -> list[tuple[str, str]]:
    return done(play(settings, scenario(*events)), "set_priority")


BEGIN = ("03-02 09:00", "normal")
LOWERED = "at: +1h, by: agent, set: {severity: small}"
RAISED = "at: +1h, by: agent, set: {severity: bad}"
BY_PAT = "at: +2h, by: pat@customer.example, approve: severity_change"
BY_BOSS = "at: +3h, by: boss@customer.example, approve: severity_change"


def test_any_customer_may_approve_by_default(play: Play) -> None:
    assert priorities(play, chosen(), LOWERED, BY_PAT) == [BEGIN, ("03-02 11:00", "low")]
    assert priorities(play, chosen(), RAISED) == [BEGIN]


def test_only_the_management_agrees_where_it_has_to(play: Play) -> None:
    outcome = play(chosen(approver="management"), scenario(LOWERED, BY_PAT, BY_BOSS))
    assert done(outcome, "set_priority") == [BEGIN, ("03-02 12:00", "low")]
    (finding,) = [row for row in outcome.findings if row.code == "wrong_approver"]
    assert finding.because == (
        "the answer from pat@customer.example on severity change does not count: only the management can give it"
    )


def test_a_customer_who_may_approve_needs_no_approver(play: Play) -> None:
    pat, boss = (f"at: +1h, by: {who}@customer.example, set: {{severity: small}}" for who in ("pat", "boss"))
    changed = [BEGIN, ("03-02 10:00", "low")]
    assert priorities(play, chosen(), pat) == changed
    assert priorities(play, chosen(approver="management"), boss) == changed
    assert priorities(play, chosen(approver="management"), pat) == [BEGIN]


@pytest.mark.parametrize(
    ("only", "held", "free", "priority"), [("lowering", LOWERED, RAISED, "urgent"), ("raising", RAISED, LOWERED, "low")]
)
def test_a_change_in_the_other_direction_counts_at_once(
    play: Play, only: str, held: str, free: str, priority: str
) -> None:
    assert priorities(play, chosen(only=only), held) == [BEGIN]
    assert priorities(play, chosen(only=only), free) == [BEGIN, ("03-02 10:00", priority)]


def test_a_free_change_takes_a_waiting_one_with_it(play: Play) -> None:
    outcome = play(chosen(only="lowering"), scenario(LOWERED, RAISED.replace("+1h", "+2h"), BY_BOSS))
    assert done(outcome, "set_priority") == [BEGIN, ("03-02 11:00", "urgent")]
    assert done(outcome, "remove_tag") == [
        ("03-02 11:00", "policy_awaiting_severity_change"),
        ("03-02 11:00", "policy_severity_mild"),
    ]


def test_other_values_are_refused(play: Play) -> None:
    with pytest.raises(InputError, match="found 'sideways'; allowed: lowering, raising"):
        play(chosen(only="sideways"), scenario())
    with pytest.raises(InputError, match="found 'boss'; allowed: customer, management"):
        play(chosen(approver="boss"), scenario())


def test_a_level_that_a_gate_writes_is_a_choice(play: Play) -> None:
    levels = ["bad", "mild", "small"]
    facts = {"wanted": {"type": "choice", "values": levels}, "stage": {"type": "choice", "values": levels}}
    gate = {"name": "downgrade", "clause": "AC-5", "when": {"wanted": "small"}, "approved_stage": "small"}
    settings = {"facts": facts, "severity": {"clause": "AC-2", "chosen_in": {"fact": "stage"}}, "gates": [gate]}
    wanted, agreed = "at: +1h, by: agent, set: {wanted: small}", "at: +2h, by: pat@customer.example, approve: downgrade"
    outcome = play(settings, scenario(wanted, agreed, facts="facts: {impact: major}"))
    assert done(outcome, "set_priority") == [("03-02 09:00", "urgent"), ("03-02 11:00", "low")]


LAPSES = {"expires_after": "4h", "calendar": "office", "expired_note": "lapsed"}
TEXTS = {"templates": {"lapsed": "{reason} ({clause})."}}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((), [BEGIN]),
        ((BY_PAT,), [BEGIN, ("03-02 11:00", "low")]),
        ((BY_PAT.replace("+2h", "+5h"),), [BEGIN, ("03-02 14:00", "low")]),
        ((BY_PAT.replace("+2h", "+5h1m"),), [BEGIN]),
    ],
    ids=["nobody answers", "in time", "in the last second", "too late"],
)
def test_a_change_lapses_when_nobody_answers(
    play: Play, answers: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    outcome = play(chosen(**LAPSES) | TEXTS, scenario(LOWERED, *answers))
    assert done(outcome, "set_priority") == expected
    notes = [] if len(expected) > 1 else [("03-02 14:00", "lapsed")]
    assert [note for note in done(outcome, "internal_note") if note[1] == "lapsed"] == notes
    assert done(outcome, "remove_tag")[0] == ((expected[1:] or notes)[0][0], "policy_awaiting_severity_change")


def test_a_change_that_lapsed_can_be_proposed_again(play: Play) -> None:
    back, again = "at: +6h, by: agent, set: {severity: mild}", "at: +7h, by: agent, set: {severity: small}"
    outcome = play(chosen(**LAPSES) | TEXTS, scenario(LOWERED, back, again, BY_PAT.replace("+2h", "+8h")))
    assert done(outcome, "set_priority") == [BEGIN, ("03-02 17:00", "low")]
    assert [at for at, name in done(outcome, "public_message") if name == "ask"] == ["03-02 10:00", "03-02 16:00"]


def test_the_time_of_an_answer_goes_with_the_lapse(play: Play) -> None:
    with pytest.raises(InputError, match="found calendar or expired_note without expires_after"):
        play(chosen(expired_note="lapsed") | TEXTS, scenario())


def by_table(**held: Any) -> dict[str, Any]:
    settings = {"clause": "AC-5", "gate": "severity_change", "request_message": "ask", "only": "lowering", **held}
    facts = {"impact": {"type": "choice", "values": ["major", "minor", "none"], "label": "How badly work suffers"}}
    rows = [
        {"level": "bad", "when": {"impact": "major"}},
        {"level": "mild", "when": {"impact": "minor"}},
        {"level": "small", "when": {"impact": "none"}},
    ]
    severity = {"clause": "AC-2", "rows": rows, "change_approval": settings, "unless": {"tags": {"any": ["idea"]}}}
    return {"facts": facts, "severity": severity}


LESS, LEAST, MORE = (f"at: +{hour}h, by: agent, set: {{impact: {word}}}" for hour, word in
                     ((1, "minor"), (6, "none"), (7, "major")))  # fmt: skip
BAD = ("03-02 09:00", "urgent")


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((LESS,), [BAD]),
        ((LESS, BY_PAT), [BAD, ("03-02 11:00", "normal")]),
        ((LESS, BY_PAT.replace("approve", "refuse"), LEAST, BY_BOSS.replace("+3h", "+8h")),
         [BAD, ("03-02 17:00", "low")]),
        ((LESS, BY_PAT, MORE), [BAD, ("03-02 11:00", "normal"), ("03-02 16:00", "urgent")]),
        ((LESS, MORE, BY_BOSS.replace("+3h", "+8h")), [BAD]),
        ((LESS.replace("agent", "customer"),), [BAD, ("03-02 10:00", "normal")]),
        (("at: +1h, by: agent, set: {impact: null}",), [BAD]),
        (("at: +1h, by: agent, set: {tags: [idea]}", "at: +2h, by: agent, set: {impact: minor}"), [BAD]),
    ],
    ids=["waits", "approved", "refused", "raised", "taken back", "by the customer", "emptied", "exempt"],
)  # fmt: skip
def test_a_lowering_that_follows_from_the_table_waits(
    play: Play, events: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    assert done(play(by_table(), scenario(*events, facts="facts: {impact: major}")), "set_priority") == expected


OTHER = "at: +1h, by: customer, set: {tags: [printer], device: tablet}"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ((OTHER, LESS), [BAD]),
        ((LESS, OTHER), [BAD]),
        ((OTHER.replace("customer", "agent"), LESS.replace("agent", "customer")), [BAD, ("03-02 10:00", "normal")]),
        ((OTHER.replace("device: tablet", "sure: true"), LESS), [BAD]),
    ],
    ids=["customer first", "customer last", "lowered by the customer", "both changed what the rows read"],
)
def test_of_two_people_in_one_second_who_changed_what_the_rows_read_decides(
    play: Play, events: tuple[str, ...], expected: list[tuple[str, str]]
) -> None:
    settings = by_table()
    settings["facts"] |= {"device": {"label": "Which device"}, "sure": {"type": "bool", "label": "Whether it is sure"}}
    settings["severity"]["rows"][0]["when"]["sure"] = {"not": True}
    settings["severity"] |= {"unless": None, "default": "mild"}
    outcome = play(settings, scenario(*events, facts="facts: {impact: major}"))
    assert done(outcome, "set_priority") == expected


def test_a_level_falls_with_the_hours_in_the_second_of_another_change(play: Play) -> None:
    settings = by_table()
    settings["severity"]["rows"][0]["when"]["calendar_open"] = "office"
    settings["facts"]["device"] = {"label": "Which device"}
    seen = "at: +9h, by: agent, set: {device: tablet}"
    outcome = play(settings, scenario(seen, facts="facts: {impact: major}").replace("until: +9h", "until: +12h"))
    assert done(outcome, "set_priority") == [BAD, ("03-02 18:00", "normal")]


def test_what_a_table_proposes_is_shown_and_asked_once_and_lapses(play: Play) -> None:
    outcome = play(by_table(**LAPSES) | TEXTS, scenario(LESS, LEAST, facts="facts: {impact: major}"))
    assert done(outcome, "set_field") == [
        ("03-02 10:00", "proposed_severity=mild"),
        ("03-02 14:00", "proposed_severity="),
        ("03-02 15:00", "proposed_severity=small"),
    ]
    assert [at for at, name in done(outcome, "public_message") if name == "ask"] == ["03-02 10:00", "03-02 15:00"]
    assert ("03-02 14:00", "lapsed") in done(outcome, "internal_note")
    assert done(outcome, "set_priority") == [BAD]


def test_a_level_that_falls_with_the_hours_needs_no_consent(play: Play) -> None:
    settings = by_table()
    settings["severity"]["rows"][0]["when"]["calendar_open"] = "office"
    outcome = play(
        settings, scenario("at: +1h, by: agent, note: Seen", facts="facts: {impact: major}").replace("+9h", "+12h")
    )
    assert done(outcome, "set_priority") == [BAD, ("03-02 18:00", "normal")]


@pytest.mark.parametrize(
    ("severity", "message"),
    [
        ({"chosen_in": {"fact": "impact"}}, "found change_approval beside chosen_in; allowed: under chosen_in"),
        (
            {
                "change_approval": None,
                "chosen_in": {"change_approval": {"clause": "AC-5", "gate": "level", "request_message": "ask"}},
            },
            "found change_approval without fact; allowed: with fact",
        ),
    ],
)  # fmt: skip
def test_a_change_is_held_where_the_level_comes_from(play: Play, severity: dict[str, Any], message: str) -> None:
    settings = by_table()
    settings["severity"] |= severity
    with pytest.raises(InputError, match=message):
        play(settings, scenario())
