"""``policybridge activity`` against a local Zendesk and a real database."""

import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from bridge.cli.exits import Exit


def test_what_was_written_is_listed_with_its_clause(connected: Any, critical_ticket: Callable[[], str]) -> None:
    assert connected("activity").out.endswith(": nothing written\n")
    ident = critical_ticket()
    done = connected("review", ident, "--json").json()
    listed = connected("activity", "--since", "1h")
    assert listed.code == Exit.OK
    assert f"acme:{ident}  MA-09    set priority to urgent" in listed.out
    assert "1 priority" in listed.out.splitlines()[-1]
    assert listed.out.count(next(each["because"] for each in done["actions"] if each["action"] == "set_priority")) == 1
    as_json = connected("activity", "--json").json()
    assert [each["key"] for each in as_json["actions"]] == [each["key"] for each in done["actions"]]
    assert {each["review"] for each in as_json["actions"]} == {done["review"]}
    rows = list(csv.DictReader(StringIO(connected("activity", "--csv").out)))
    assert [row["text"] for row in rows] == [each["text"] for each in as_json["actions"]]
    assert {row["kind"] for row in csv.DictReader(StringIO(connected("activity", "--kind", "tags", "--csv").out))} == {
        "tags"
    }


def test_a_table_holds_no_formula(connected: Any, critical_ticket: Callable[[], str], zendesk: Any) -> None:
    values = {"subject": "=1+1", "comment": {"body": "Nothing works"}}
    ident = zendesk.ask("helpdesk@acme.example", values)["id"]
    connected("review", str(ident))
    rows = list(csv.DictReader(StringIO(connected("activity", "--csv").out)))
    assert {row["subject"] for row in rows} == {"'=1+1"}


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--since", "last night"), "--since: found 'last night'; allowed: a length of time such as 12h or 2d, or an "),
        (("--since", "2 business days"), "--since: found '2 business days'; allowed: "),
        (("--kind", "mails"), "--kind: found 'mails'; allowed: public_messages, closings, "),
        (("--csv", "--json"), "--csv: found together with --json; allowed: one of them"),
    ],
)
def test_bad_input_is_one_line(connected: Any, arguments: tuple[str, ...], line: str) -> None:
    done = connected("activity", *arguments)
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith(line)
    assert done.err.count("\n") == 1
