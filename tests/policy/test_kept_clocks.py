"""Clocks that an older text judged, under a text that has forgotten their calendar."""

from __future__ import annotations

from datetime import timedelta

from bridge.account import Account
from bridge.decision import Citation, Clock, ClockState, KeptClocks, Severity
from bridge.evaluate import evaluate
from bridge.explain import explain
from bridge.policy.load import load_policy

from .ticket_simulation import CREATED, TicketSimulation

maas360 = load_policy("maas360")
HOUR = timedelta(hours=1)


def kept(calendar: str | None) -> KeptClocks:
    """A first response of version 0 that was due after an hour, and came after two."""
    clock = Clock(
        cite=Citation(pack="maas360", version="0", clause="MA-10"),
        name="first_response",
        started_at=CREATED,
        due_at=CREATED + HOUR,
        state=ClockState.BREACHED,
        met_at=CREATED + 2 * HOUR,
        ended_at=CREATED + 2 * HOUR,
        target_s=3600,
        calendar=calendar,
        spans=((CREATED, CREATED + 2 * HOUR),),
    )
    return KeptClocks(clocks=(clock,))


def test_the_verdict_stands_and_the_sum_is_shown_on_the_first_calendar() -> None:
    settled = kept("night_shift")
    decision = evaluate(TicketSimulation.fresh(maas360).ticket, None, maas360, CREATED + 9 * HOUR, settled)
    clock = next(clock for clock in decision.clocks if clock.name == "first_response")
    assert clock == settled.clocks[0]
    assert maas360.elapsed(clock, Account(), CREATED + 9 * HOUR) == 7200
    shown = next(each for each in explain(decision, maas360).clocks if each.name == "first_response")
    assert shown.counted_s == 7200


def test_people_learn_that_the_sum_cannot_be_done_again() -> None:
    decision = evaluate(TicketSimulation.fresh(maas360).ticket, None, maas360, CREATED + 9 * HOUR, kept("night_shift"))
    (found,) = (finding for finding in decision.findings if finding.code == "calendar_gone")
    assert (found.severity, found.cite.version, found.cite.clause) == (Severity.WARNING, "0", "MA-10")
    assert "'night_shift'" in found.because


def test_a_calendar_that_is_still_there_is_nothing_to_report() -> None:
    for name in (None, "client"):
        decision = evaluate(TicketSimulation.fresh(maas360).ticket, None, maas360, CREATED + 9 * HOUR, kept(name))
        assert "calendar_gone" not in {finding.code for finding in decision.findings}
