"""A changed number or choice of each word is noticed by a scenario that speaks of it, as ``mutation`` asks."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import pytest

from bridge.policy.load import load_policy
from bridge.scenarios.mutants import alterations
from bridge.scenarios.mutation import Mutant, MutationRun

from .conftest import PACK


class Word(NamedTuple):
    """A word, a pack that uses it, and scenarios that pin it down."""

    path: str
    """Where it stands."""
    settings: dict[str, Any]
    scenarios: str
    changes: int
    """How many changes ``mutation`` knows for it."""


def clock(**keys: Any) -> dict[str, Any]:
    base = {"name": "resolution", "clause": "AC-3", "met_by": ["solved"], "calendar": "always"}
    return {"clocks": [base | {"targets": {"mild": "10h", "bad": "4h"}} | keys]}


TICKET = "ticket: {at: 2026-03-02T09:00:00Z, type: incident, requester: {email: pat@customer.example}"
SOLVED = "{at: +2h, by: agent, set: {status: solved}}"
CHOSEN = {
    "facts": {"severity": {"type": "choice", "values": ["bad", "mild", "small"]}},
    "severity": {
        "chosen_in": {
            "fact": "severity",
            "change_approval": {
                "clause": "AC-5",
                "gate": "change",
                "request_message": "ask",
                "only": "lowering",
                "expires_after": "4h",
                "calendar": "office",
                "expired_note": "reminder",
            },
        }
    },
}

WORDS = [
    Word(
        "reopening",
        {"reopening": {"clause": "AC-4", "within": "14d", "message": "reminder", "note": "severity", "tag": "late"}},
        f"""
        {TICKET}}}
        events: [{SOLVED}, {{at: +14d2h1m, by: customer, set: {{status: open}}}}]
        until: +16d
        expect:
          - {{at: +14d2h1m, clause: AC-4, public_message: reminder}}
          - {{at: +14d2h1m, clause: AC-4, internal_note: severity}}
          - {{at: +14d2h1m, clause: AC-4, add_tag: policy_late}}
        ---
        {TICKET}}}
        events: [{SOLVED}, {{at: +14d2h, by: customer, set: {{status: open}}}}]
        until: +16d
        never: [{{public_message: reminder}}]
        """,
        5,
    ),
    Word(
        "severity.chosen_in.change_approval.expires_after",
        CHOSEN,
        f"""
        {TICKET}, facts: {{severity: mild}}}}
        events: [{{at: +1h, by: agent, set: {{severity: small}}}}]
        until: +9h
        expect: [{{at: +5h, clause: AC-5, internal_note: reminder}}]
        """,
        2,
    ),
    Word(
        "severity.change_approval.expires_after",
        {"severity": {"change_approval": CHOSEN["severity"]["chosen_in"]["change_approval"]}},
        f"""
        {TICKET}, facts: {{impact: major}}}}
        events: [{{at: +1h, by: agent, set: {{impact: minor}}}}]
        until: +9h
        expect: [{{at: +5h, clause: AC-5, internal_note: reminder}}]
        final: {{priority: urgent}}
        """,
        2,
    ),
    Word(
        "severity.chosen_in.change_approval.calendar",
        CHOSEN,
        f"""
        {TICKET.replace("09:00", "17:00")}, facts: {{severity: mild}}}}
        events: [{{at: +30m, by: agent, set: {{severity: small}}}}]
        until: +2d
        expect: [{{at: 2026-03-03T12:30:00Z, clause: AC-5, internal_note: reminder}}]
        """,
        1,
    ),
    Word(
        "merges",
        {"merges": {"clause": "AC-4", "clocks": "earliest", "answers": "all", "approvals": "all", "note": "reminder"}}
        | clock(met_by=["agent_message"])
        | {
            "facts": {"estimate": {"type": "number"}},
            "gates": [{"name": "estimate", "clause": "AC-5", "when": {"estimate": {"known": True}}}],
        },
        f"""
        {TICKET}, facts: {{estimate: 3}}}}
        events:
          - at: +2h
            by: agent
            merge:
              id: "8"
              at: 2026-03-02T06:00:00Z
              events: [{{at: +4h, by: pat@customer.example, approve: estimate}}]
        until: +3h
        expect: [{{at: +2h, clause: AC-4, internal_note: reminder}}, {{at: +2h, clause: AC-5, remove_tag: any}}]
        clocks: [{{name: resolution, state: running, due_at: +7h}}]
        ---
        {TICKET}}}
        events:
          - at: +1h
            by: agent
            merge: {{id: "8", at: 2026-03-02T06:00:00Z, events: [{{at: +3h30m, by: agent, reply: Hi}}]}}
        until: +3h
        clocks: [{{name: resolution, state: met, met_at: +30m}}]
        """,
        4,
    ),
    Word(
        "clocks.0.on_reopen",
        clock(on_reopen="resume"),
        f"""
        {TICKET}}}
        events: [{SOLVED}, {{at: +5h, by: customer, set: {{status: open}}}}]
        until: +6h
        clocks: [{{name: resolution, state: running, due_at: +13h}}]
        """,
        1,
    ),
    Word(
        "clocks.0.reopened_within",
        clock(on_reopen="total", reopened_within="10d"),
        f"""
        {TICKET}}}
        events: [{SOLVED}, {{at: +10d2h, by: customer, set: {{status: open}}}}]
        until: +10d3h
        clocks: [{{name: resolution, state: breached}}]
        ---
        {TICKET}}}
        events: [{SOLVED}, {{at: +10d3h, by: customer, set: {{status: open}}}}]
        until: +10d4h
        clocks: [{{name: resolution, state: met}}, {{name: resolution, state: running}}]
        """,
        2,
    ),
    Word(
        "clocks.0.on_level_change",
        clock(on_level_change="proportional"),
        f"""
        {TICKET}}}
        events: [{{at: +5h, by: agent, set: {{impact: major}}}}]
        until: +6h
        clocks: [{{name: resolution, state: running, due_at: +7h}}]
        """,
        1,
    ),
    Word(
        "clocks.0.counts_while",
        clock(counts_while={"tier": 2}),
        f"""
        {TICKET}}}
        events: [{{at: +5h, by: agent, set: {{tier: 2}}}}]
        until: +6h
        clocks: [{{name: resolution, state: running, due_at: +15h}}]
        """,
        1,
    ),
    Word(
        "clocks.0.steps",
        clock(
            steps=[{"at": "30%", "tags": ["half"]}, {"at": "2h before", "tier": 2}, {"after": "1h", "note": "reminder"}]
        ),
        f"""
        {TICKET}}}
        until: +12h
        expect:
          - {{at: +3h, clause: AC-3, add_tag: policy_half}}
          - {{at: +8h, clause: AC-3, set_tier: 2}}
          - {{at: +11h, clause: AC-3, internal_note: reminder}}
        """,
        8,
    ),
    Word(
        "calendars.office.closed",
        {"calendars": {"office": {"closed": [{"starts": "2026-03-02 10:00", "ends": "2026-03-02 12:00"}]}}}
        | clock(calendar="office"),
        f"""
        {TICKET.replace("09:00", "11:00")}}}
        until: +3h
        clocks: [{{name: resolution, state: running, due_at: 2026-03-03T13:00:00Z}}]
        ---
        {TICKET}}}
        until: +3h
        clocks: [{{name: resolution, state: running, due_at: 2026-03-03T12:00:00Z}}]
        """,
        2,
    ),
    Word(
        "plans",
        {"plans": [{"name": "gold", "clause": "AC-4", "when": {"tags": {"any": ["gold"]}}}]}
        | clock(plan_targets={"gold": {"mild": "2h"}}),
        f"""
        {TICKET}, tags: [gold]}}
        until: +1h
        clocks: [{{name: resolution, state: running, due_at: +2h}}]
        """,
        1,
    ),
    Word(
        "amendments.extend.at_most",
        {
            "amendments": {
                "clause": "AC-4",
                "extend": {"roles": ["lead"], "clocks": ["resolution"], "at_most": "2d", "calendar": "always"},
            },
            "roles": {"lead": "lead@acme.example"},
        }
        | clock(),
        f"""
        {TICKET}}}
        events: [{{at: +1h, by: lead@acme.example, extend: resolution, until: +49h, because: a part is missing}}]
        until: +2h
        clocks: [{{name: resolution, state: running, due_at: +49h}}]
        ---
        {TICKET}}}
        events: [{{at: +1h, by: lead@acme.example, extend: resolution, until: +49h1m, because: a part is missing}}]
        until: +2h
        clocks: [{{name: resolution, state: running, due_at: +10h}}]
        """,
        2,
    ),
]


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.path)
def test_a_change_of_the_word_is_noticed(tmp_path: Path, word: Word) -> None:
    (tmp_path / "acme.yaml").write_text(PACK)
    policy = load_policy(str(tmp_path / "acme.yaml"), word.settings)
    (tmp_path / "words.yaml").write_text(json.dumps(policy.source, default=str))
    parts = dedent(word.scenarios).split("---\n")
    written = [f"name: scenario {number}\npolicy: words.yaml\n{dedent(part)}" for number, part in enumerate(parts)]
    (tmp_path / "scenario.yaml").write_text("---\n".join(written))
    run = MutationRun.of(str(tmp_path / "words.yaml"), [tmp_path / "scenario.yaml"])
    steps = tuple(int(step) if step.isdecimal() else step for step in word.path.split("."))
    found = [each for each in alterations(run.policy.source, run.policy) if each.path[: len(steps)] == steps]
    assert len(found) == word.changes, found
    assert [each for each in found if not run.notices(Mutant("", each))] == []


@pytest.mark.parametrize("key", ["start_fact", "due_fact"])
def test_the_fact_that_times_a_clock_is_exchanged_for_another_time(tmp_path: Path, key: str) -> None:
    times = {name: {"type": "datetime", "label": name} for name in ("visit", "call_back")}
    base = {"name": "resolution", "clause": "AC-3", "met_by": ["solved"], "calendar": "always"}
    timed = base | {key: "visit"} | ({} if key == "due_fact" else {"targets": {"mild": "10h"}})
    (tmp_path / "acme.yaml").write_text(PACK)
    policy = load_policy(str(tmp_path / "acme.yaml"), {"facts": times, "clocks": [timed]})
    changed = [(each.was, each.becomes) for each in alterations(policy.source, policy) if each.path[-1] == key]
    assert changed == [("visit", "call_back")]
