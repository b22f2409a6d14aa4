"""``backtest``, ``diff`` and ``history`` against a local Zendesk: they read, and write nothing to it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bridge.cli.exits import Exit
from bridge.sandbox.zendesk.process import ZendeskSandbox

from .recorded_reviews import record_review, writes


@pytest.fixture
def zendesk() -> Iterator[ZendeskSandbox]:
    """An account of its own, because its clock is moved."""
    with ZendeskSandbox() as sandbox:
        yield sandbox


@pytest.fixture
def exported(connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]) -> str:
    """A ticket that the export lists: it leaves out the last minute."""
    ident = critical_ticket()
    zendesk.advance(120)
    return ident


def test_the_tickets_of_the_helpdesk_are_backtested_and_saved_and_nothing_is_written(
    connected: Any, zendesk: ZendeskSandbox, exported: str
) -> None:
    done = connected("backtest", "--json", "--processes", "1")
    assert done.err == ""
    found = done.json()
    assert found["history"] == "the tickets of acme"
    assert found["tickets"]["evaluated"] >= 1
    assert "MA-09" in {each["clause"] for each in found["by_clause"]}
    saved = connected("history", "quarter.ndjson", "--without-texts")
    assert saved.code == Exit.OK
    assert saved.out.startswith("quarter.ndjson: ")
    text = (connected.folder / "quarter.ndjson").read_text("utf-8")
    assert f'"id":"{exported}"' in text
    done = connected("backtest", "--history", "quarter.ndjson", "--processes", "1", "--json")
    assert done.json()["tickets"]["evaluated"] == done.json()["tickets"]["read"] >= 1
    again = connected("history", "quarter.ndjson")
    assert (again.code, again.err.strip()) == (
        Exit.UNUSABLE,
        "quarter.ndjson: exists and is complete; name another file",
    )
    same = connected("diff", "maas360", "maas360", "--history", "quarter.ndjson", "--never", "later deadline")
    assert same.code == Exit.OK
    assert "never: no ticket has later deadline" in same.out
    assert not writes(zendesk)


def test_what_was_reviewed_is_backtested_from_the_store(connected: Any) -> None:
    record_review(connected)
    done = connected("backtest", "--history", "store", "--from", "2026-03-01", "--processes", "1", "--json")
    assert done.json()["tickets"]["read"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--from", "soon"), "--from: found 'soon'; allowed: a day such as 2026-07-01"),
        (("--history", "nothing.ndjson"), "nothing.ndjson: no such file"),
        (("--pack", "other"), "found policy 'other'; allowed: erp_maestro"),
    ],
)
def test_what_cannot_be_used_says_so_in_a_line(connected: Any, words: tuple[str, str], message: str) -> None:
    done = connected("backtest", *words)
    assert done.code == Exit.UNUSABLE
    assert done.err.startswith(message)
    assert len(done.err.splitlines()) == 1


def test_without_a_configuration_a_pack_is_to_be_named(policybridge: Any) -> None:
    done = policybridge("backtest", "--history", "quarter.ndjson")
    assert (done.code, done.err) == (
        Exit.UNUSABLE,
        "--pack: found none, and no policybridge.yaml that names packs; allowed: --pack PACK\n",
    )
