"""``policybridge review`` against a local Zendesk and a real database."""

import time
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest

from app import assemble
from bridge.cli.exits import Exit
from bridge.cli.review import review_now
from bridge.config.settings import load_settings
from bridge.errors import Retry
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.store import open_store
from bridge.ticket import TicketRef
from tests.support.processes import free_port

from .recorded_reviews import tags, writes


def test_review_acts_at_once(connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]) -> None:
    ident = critical_ticket()
    done = connected("review", ident, "--json")
    assert done.code == Exit.OK, done.err
    result = done.json()
    assert (result["ticket"], result["outcome"]) == (f"acme:{ident}", "applied")
    assert {"policy_maas360", "policy_severity_critical"} <= tags(zendesk, ident)
    assert len(writes(zendesk)) == 1
    assert all(action["cite"]["clause"].startswith("MA-") for action in result["actions"])

    again = connected("review", f"acme:{ident}")
    assert again.code == Exit.OK
    assert again.out.startswith(f"acme:{ident}  nothing  (review ")
    assert len(writes(zendesk)) == 1

    explained = connected("explain", ident, "--recorded").out
    replayed = connected("replay", result["review"])
    assert "Left to do\n  nothing" in explained
    assert (replayed.code, replayed.out) == (Exit.OK, f"review {result['review']} is reproduced byte for byte\n")


@pytest.mark.parametrize(("ident", "why"), [("999999", "404"), ("abc", "'abc' is not a Zendesk ticket id")])
def test_a_ticket_that_does_not_exist_leaves_no_record(connected: Any, ident: str, why: str) -> None:
    for command in ("review", "explain"):
        done = connected(command, ident)
        assert (done.code, done.out) == (Exit.UNUSABLE, "")
        assert done.err.startswith(f"ticket: found acme:{ident}, of which nothing is recorded: ")
        assert why in done.err
        assert done.err.count("\n") == 1
    with closing(open_store(connected.environment["POLICYBRIDGE_DATABASE_URL"])) as store:
        assert store.queue_entry(TicketRef(connection="acme", id=ident)) is None
        assert store.reviews() == []


def test_a_ticket_that_was_deleted_after_its_first_review_has_ended(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    ident = critical_ticket()
    connected("review", ident)
    zendesk.fail("GET", f"/api/v2/tickets/{ident}", status=404)
    done = connected("review", ident, "--json")
    assert (done.code, done.json()["outcome"]) == (Exit.FINDINGS, "ended")


def test_review_says_at_once_that_the_helpdesk_is_down(connected: Any, critical_ticket: Callable[[], str]) -> None:
    ident = critical_ticket()
    connected("review", ident)
    connected.environment["ZENDESK_URL"] = f"http://127.0.0.1:{free_port()}"
    for ticket in (ident, "4711"):
        began = time.monotonic()
        done = connected("review", ticket)
        assert time.monotonic() - began < 20
        assert (done.code, done.out) == (Exit.FINDINGS, "")
        assert "cannot be reached" in done.err
        assert done.err.count("\n") == 1


def test_review_ends_a_hold_that_is_over(connected: Any, critical_ticket: Callable[[], str]) -> None:
    ident = critical_ticket()
    connected.inhabit()
    with assemble(load_settings()) as bridge:
        bridge.store.hold_connection("acme", bridge.clock() + timedelta(hours=1))
    assert connected("review", ident).out.startswith(f"acme:{ident}  applied")
    with assemble(load_settings()) as bridge:
        bridge.store.wake(TicketRef(connection="acme", id=ident), bridge.clock(), "due")
        assert bridge.store.claim(bridge.clock(), limit=1, lease_s=1)


def test_review_beside_a_running_server(
    connected: Any, zendesk: ZendeskSandbox, critical_ticket: Callable[[], str]
) -> None:
    ident = critical_ticket()
    connected("migrate")
    connected.inhabit()
    with assemble(load_settings()) as bridge:
        bridge.jobs.start()
        results = [connected("review", ident, "--json") for _ in range(3)]
    assert [done.code for done in results] == [Exit.OK] * 3
    assert {done.json()["ticket"] for done in results} == {f"acme:{ident}"}
    assert len(writes(zendesk)) == 1  # whoever came first


def test_a_ticket_under_another_lease_is_not_reviewed_within_the_timeout(
    connected: Any, critical_ticket: Callable[[], str]
) -> None:
    ref = TicketRef(connection="acme", id=critical_ticket())
    connected.inhabit()
    with assemble(load_settings()) as bridge:
        bridge.store.wake(ref, bridge.clock(), "delivery")
        (claim,) = bridge.store.claim(bridge.clock(), limit=1, lease_s=600)
        with pytest.raises(Retry, match=f"{ref}: not reviewed within 1 s"):
            review_now(bridge, ref, timeout_s=1)
        bridge.reconciler.review(claim, bridge.clock())
        assert review_now(bridge, ref).ref == ref  # it stayed due
