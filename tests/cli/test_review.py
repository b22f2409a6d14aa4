"""``policybridge review`` against a local Zendesk and a real database."""

from collections.abc import Callable
from typing import Any

import pytest

from app import assemble
from bridge.cli.exits import Exit
from bridge.cli.review import review_now
from bridge.config.settings import load_settings
from bridge.errors import Retry
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.ticket import TicketRef

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


def test_a_review_of_a_ticket_that_does_not_exist_is_a_finding(connected: Any) -> None:
    done = connected("review", "999999")
    assert done.code == Exit.FINDINGS
    assert done.out.startswith("acme:999999  ended: ")
    as_json = connected("review", "999999", "--json")
    assert as_json.code == Exit.FINDINGS
    assert as_json.json()["outcome"] == "ended"
    assert as_json.json()["actions"] == []


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
