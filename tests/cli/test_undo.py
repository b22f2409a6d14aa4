"""``policybridge undo`` against a local Zendesk and a real database."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from bridge.cli.exits import Exit
from bridge.sandbox.zendesk.process import ZendeskSandbox

from .conftest import IDS
from .recorded_reviews import writes


def ticket(zendesk: ZendeskSandbox, ident: str) -> dict[str, Any]:
    """What people see of a ticket, without its dates."""
    url = f"{zendesk.url}/api/v2/tickets/{ident}.json"
    found = requests.get(url, auth=zendesk.auth, timeout=30).json()["ticket"]
    names = ("status", "custom_status_id", "priority", "tags", "custom_fields", "group_id", "assignee_id")
    return {name: found[name] for name in names}


@pytest.fixture
def prioritised(connected: Any, zendesk: ZendeskSandbox) -> Callable[[], str]:
    """A customer reports that everything is down, in a ticket that has a priority from the beginning."""
    given = json.loads((connected.folder / "policybridge.yaml").read_text())
    given["connections"]["acme"]["in_force_since"] = "2026-01-01T00:00:00Z"
    connected.write("policybridge.yaml", given)

    def ask() -> str:
        fields = [{"id": IDS["facts.affected"], "value": "affected_all"}]
        values = {"subject": "Down", "comment": {"body": "Nothing works"}, "custom_fields": fields, "priority": "low"}
        return str(zendesk.ask("helpdesk@acme.example", values)["id"])

    return ask


def test_undo_leaves_the_ticket_as_it_was_and_it_stays_so(
    connected: Any, prioritised: Callable[[], str], zendesk: ZendeskSandbox
) -> None:
    ident = prioritised()
    before = ticket(zendesk, ident)
    assert connected("review", ident).code == Exit.OK
    assert ticket(zendesk, ident) != before

    written = len(writes(zendesk))
    planned = connected("undo", "--since", "1h")
    assert f"acme:{ident}  MA-09    priority low again" in planned.out
    assert planned.out.rstrip().endswith("nothing was changed; add --apply")
    assert len(writes(zendesk)) == written

    done = connected("undo", "--since", "1h", "--apply")
    assert (done.code, done.err) == (Exit.OK, "")
    assert ticket(zendesk, ident) == before
    assert len(writes(zendesk)) == written + 1, "one combined write"

    again = connected("review", ident)
    assert "undone: priority should be urgent" in again.out
    assert ticket(zendesk, ident) == before
    assert len(writes(zendesk)) == written + 1
    nothing = connected("undo", "--since", "1h", "--apply")
    assert (nothing.code, nothing.out) == (Exit.OK, "nothing to undo: all of it was taken back already\n")


def test_what_a_person_has_changed_since_stays(
    connected: Any, prioritised: Callable[[], str], zendesk: ZendeskSandbox
) -> None:
    ident = prioritised()
    connected("review", ident)
    zendesk.act(int(ident), "agent1@vendor.example", {"priority": "low"})
    zendesk.act(int(ident), "agent1@vendor.example", {"priority": "urgent"})
    done = connected("undo", "--ticket", ident, "--apply")
    assert f"acme:{ident}  MA-09    kept: priority was changed by somebody else since" in done.out
    now = ticket(zendesk, ident)
    assert now["priority"] == "urgent"
    assert not [tag for tag in now["tags"] if tag.startswith("policy_")]


def test_undo_works_while_writing_is_stopped(
    connected: Any, prioritised: Callable[[], str], zendesk: ZendeskSandbox
) -> None:
    ident = prioritised()
    before = ticket(zendesk, ident)
    review = connected("review", ident, "--json").json()["review"]
    connected("stop")
    assert connected("undo", "--review", review, "--apply").code == Exit.OK
    assert ticket(zendesk, ident) == before
    connected("resume", "--yes")
    connected("review", ident)
    assert ticket(zendesk, ident) == before
    assert any(each["kind"] == "notes" for each in connected("activity", "--json").json()["actions"])


def test_a_priority_cannot_be_emptied(connected: Any, critical_ticket: Callable[[], str]) -> None:
    ident = critical_ticket()
    connected("review", ident)
    done = connected("undo", "--ticket", ident, "--apply")
    assert done.code == Exit.OK
    assert "kept: the ticket had no priority before" in done.out


def test_one_clause_alone(connected: Any, prioritised: Callable[[], str], zendesk: ZendeskSandbox) -> None:
    ident = prioritised()
    connected("review", ident)
    shown = connected("undo", "--clause", "MA-09", "--json").json()["tickets"]
    clauses = {each["clause"] for found in shown for each in found["undone"]}
    assert clauses == {"MA-09"}
    connected("undo", "--clause", "MA-09", "--apply")
    assert "policy_maas360" in ticket(zendesk, ident)["tags"] or "MA-09" in clauses


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ((), "undo: found no selection; allowed: at least one of --since, --review, --ticket and --clause"),
        (("--review", "nowhere"), "--review: found 'nowhere'; allowed: the id of a review, "),
        (("--ticket", "99999"), "--ticket: found acme:99999, to which nothing was written"),
        (("--since", "3000-01-01T00:00:00Z"), "--since: found 3000-01-01T00:00:00Z, which is in the future; allowed: "),
    ],
)
def test_bad_input_is_one_line(connected: Any, arguments: tuple[str, ...], line: str) -> None:
    done = connected("undo", *arguments)
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith(line)
    assert done.err.count("\n") == 1


def test_nothing_was_written(connected: Any) -> None:
    assert connected("undo", "--since", "1h").out == "nothing to undo: no value was written\n"


def test_what_was_written_several_times_is_restored_once_and_listed_once(
    connected: Any, prioritised: Callable[[], str], zendesk: ZendeskSandbox
) -> None:
    ident = prioritised()
    before = ticket(zendesk, ident)
    connected("review", ident)
    for affected in ("affected_small", "affected_all"):
        fields = [{"id": IDS["facts.affected"], "value": affected}]
        zendesk.act(int(ident), "agent1@vendor.example", {"custom_fields": fields})
        connected("review", ident)
    planned = connected("undo", "--ticket", ident).out
    lines = [line for line in planned.splitlines() if "again" in line or "removed" in line]
    assert any("policy_severity_critical removed" in line for line in lines)
    assert sorted(lines) == sorted(set(lines))
    connected("undo", "--ticket", ident, "--apply")
    assert ticket(zendesk, ident) == before
