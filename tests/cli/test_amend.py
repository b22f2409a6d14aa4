"""``policybridge amend``: what is recorded, and one line for everything that would not count."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.cli.exits import Exit

LEAD = "lead@vendor.example"
TERMS = {
    "roles": {"team_lead": LEAD},
    "clocks": [
        {
            "name": "completion",
            "clause": "MA-10",
            "met_by": ["solved"],
            "calendar": "always",
            "targets": {"critical": "8h"},
        }
    ],
    "amendments": {
        "clause": "MA-10",
        "waive": {"roles": ["team_lead"], "clocks": ["completion"]},
        "extend": {"roles": ["team_lead"], "clocks": ["completion"], "at_most": "3d", "calendar": "always"},
        "promise": {"roles": ["team_lead"]},
    },
}


@pytest.fixture
def amending(connected: Any) -> Any:
    """The machine, under a pack that lets the team lead amend one clock."""
    file = connected.folder / "policybridge.yaml"
    settings = json.loads(file.read_text())
    settings["overrides"] = {"maas360": TERMS}
    settings["connections"]["acme"]["in_force_since"] = "2020-01-01T00:00:00Z"
    file.write_text(json.dumps(settings))
    return connected


def ahead(**length: float) -> str:
    return (datetime.now(UTC) + timedelta(**length)).isoformat(timespec="minutes")


def asked(*words: str, by: str = LEAD, because: str = "the spare part is late") -> tuple[str, ...]:
    return (*words, "--by", by, "--because", because)


def test_a_waiver_an_extension_and_a_promise_are_recorded_once(
    amending: Any, critical_ticket: Callable[[], str]
) -> None:
    ticket, until = critical_ticket(), ahead(days=1)
    done = amending("amend", ticket, *asked("extend", "completion", "--until", until), "--json")
    assert done.code == Exit.OK, done.err
    assert (done.json()["clock"], done.json()["by"], done.json()["until"][:10]) == ("completion", LEAD, until[:10])
    again = amending("amend", ticket, *asked("extend", "completion", "--until", until))
    assert again.code != Exit.OK
    assert again.err.count("\n") == 1
    done = amending("amend", ticket, *asked("promise", "--until", until))
    assert "follow-up promised by lead@vendor.example; the ticket is reviewed next" in done.out
    done = amending("amend", ticket, *asked("waive", "completion"))
    assert "completion waived by lead@vendor.example" in done.out
    shown = amending("explain", ticket).out
    assert "completion waived by lead@vendor.example: the spare part is late" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (asked("promise", "--until", ahead(days=-1)), "promise: found "),
        (asked("waive", "completion", because=" "), "waive: found no reason; allowed: a reason"),
        (asked("waive", "repair"), "waive: found the clock 'repair'; allowed: completion"),
        (asked("waive", "status_update"), "waive: found the clock 'status_update'; allowed: completion"),
        (
            asked("waive", "completion", by="agent@vendor.example"),
            "waive: found agent@vendor.example; allowed: Team Lead",
        ),
        (asked("extend", "completion", "--until", ahead(days=9)), "extend: found "),
        (asked("extend", "completion", "--until", ahead(hours=1)), "until: found "),
        (
            asked("extend", "completion", "--until", "tomorrow"),
            "--until: found 'tomorrow'; allowed: a time with an offset",
        ),
        (asked("extend", "completion"), "extend: found no time; allowed: a time after now"),
        (asked("waive"), "CLOCK: found nothing; allowed: the name of a clock after waive"),
        (
            asked("promise", "completion", "--until", ahead(days=1)),
            "CLOCK: found completion; allowed: no CLOCK with promise",
        ),
    ],
    ids=lambda each: each.partition(";")[0] if isinstance(each, str) else "",
)
def test_what_would_not_count_is_refused_in_one_line(
    amending: Any, critical_ticket: Callable[[], str], arguments: tuple[str, ...], message: str
) -> None:
    done = amending("amend", critical_ticket(), *arguments)
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith(message)
    assert "allowed: " in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("ticket", "message"),
    [
        ("9999999", "9999999"),
        ("elsewhere:1", "elsewhere"),
    ],
)
def test_an_unknown_ticket_is_named(amending: Any, ticket: str, message: str) -> None:
    done = amending("amend", ticket, *asked("waive", "completion"))
    assert done.code != Exit.OK
    assert message in done.err
    assert done.err.count("\n") == 1


def test_a_policy_without_the_section_says_what_to_add(connected: Any, critical_ticket: Callable[[], str]) -> None:
    done = connected("amend", critical_ticket(), *asked("waive", "first_response"))
    assert (done.code, done.err.count("\n")) == (Exit.UNUSABLE, 1)
    assert "this policy has no amendments; add the section `amendments` to the pack" in done.err
