"""A run of a clock as its amendments leave it, and how it would stand without them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bridge.decision import Clock, ClockAmendment, ClockState
from bridge.policy.evaluation.clock_replay import ClockReplay, ReplayedRule
from bridge.policy.evaluation.clock_run import ClockRun
from bridge.policy.evaluation.context import Context
from bridge.policy.rules.amendments import amendments_of, described
from bridge.ticket import Amendment


def replayed(rule: ReplayedRule, context: Context, run: ClockRun) -> tuple[Clock, ClockReplay] | None:
    """The clock of a run, and the replay that read it; None where it has no target.

    A breach stays, whatever is agreed after it.
    """
    replay = ClockReplay(rule, context, run)
    plain = replay.clock()
    amendments = amendments_of(context, rule.name, run.start, run.end) if plain else []
    if plain is None or not amendments:
        return (plain, replay) if plain else None
    replay = ClockReplay(rule, context, _amended(rule, context, run, amendments))
    amended = replay.clock()
    if amended is None:  # waived in the second in which it began
        return None
    last = amendments[-1]
    terms = ClockAmendment(
        what=last.what,
        at=last.at,
        by=last.actor.email,
        reason=last.reason,
        until=last.until,
        due_without=plain.due_at,
        state_without=plain.state,
    )
    because = f"{amended.because}; {described(last, context)}"
    return amended.model_copy(update={"because": because, "amendment": terms}), replay


def _amended(rule: ReplayedRule, context: Context, run: ClockRun, amendments: Iterable[Amendment]) -> ClockRun:
    for each in amendments:
        clock = ClockReplay(rule, context, run).clock()
        if clock and clock.state is ClockState.BREACHED and clock.due_at and clock.due_at < each.at:
            continue
        if each.what == "waive":
            return replace(run, end=each.at, how="cancelled")
        run = replace(run, not_before=max(filter(None, (run.not_before, each.until)), default=None))
    return run
