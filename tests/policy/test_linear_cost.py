"""A timeline that is twice as long takes at most twice the work: counted in calls, so that no clock is read."""

from __future__ import annotations

import sys
from datetime import timedelta
from types import FrameType

import pytest

from benchmarks.engine import ACCOUNT, History
from bridge.decision import Decision
from bridge.evaluate import evaluate
from bridge.plan import Ledger, plan
from bridge.policy.load import load_policy, packs
from bridge.policy.model import Policy
from bridge.ticket import Ticket


def review(ticket: Ticket, policy: Policy) -> Decision:
    decision = evaluate(ticket, ACCOUNT, policy, ticket.timeline[-1].at + timedelta(hours=1))
    plan(decision, ticket, Ledger((), ticket))
    return decision


def calls_in_a_review(ticket: Ticket, policy: Policy) -> int:
    review(ticket.model_copy(), policy)  # what is worked out once in a process is there
    calls = 0

    def count(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        review(ticket.model_copy(), policy)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("pack", packs())
def test_the_cost_of_an_entry_does_not_grow_with_the_timeline(pack: str) -> None:
    policy = load_policy(pack)
    short, long = (calls_in_a_review(History(policy).ticket(size), policy) for size in (300, 600))
    assert long <= 2.1 * short
