"""Agreement: a policy's clocks beside the metrics of the helpdesk's own SLA that mean the same, and why they differ.

Which clock means which metric is declared by people. Each difference gets the first named reason for which the ticket
has evidence; one without any is unexplained, and worth a look. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from bridge.decision import Clock, ClockState
from bridge.history.differing_ends import reason_of_ends, reopenings
from bridge.history.reasons import Reason
from bridge.ports.native_targets import NativeTarget
from bridge.ticket import Facts, Ticket

NEAR = timedelta(seconds=1)
"""Instants of two programs that are the same: Zendesk cuts off what is less than a second."""


class Verdict(StrEnum):
    """How a promise stands, in words that both sides share."""

    KEPT = "kept"
    BROKEN = "broken"
    OPEN = "open"
    CANCELLED = "cancelled"
    NONE = "not promised"


class Comparison(Facts):
    """One run of a clock and one of its metric; where only one side has it, the other is not promised."""

    clock: str
    metric: str
    ours: Verdict
    theirs: Verdict
    reason: Reason | None = None
    """Why they differ; None: they agree."""
    detail: str = ""
    """Both sides, for people; empty where they agree."""


def compared(
    clocks: Sequence[Clock],
    targets: Sequence[NativeTarget],
    equal: Mapping[str, str],
    ticket: Ticket,
    always_open: frozenset[str | None] = frozenset(),
) -> tuple[Comparison, ...]:
    """Every run of the clocks that are declared ``equal`` to a metric, beside the run of the metric.

    ``always_open``: calendars of clocks that are never closed. Without any target of the helpdesk nothing is compared.
    """
    if not targets:
        return ()
    return tuple(
        _comparison(name, metric, clock, target, ticket, always_open)
        for name, metric in equal.items()
        for clock, target in _pairs(
            [each for each in clocks if each.name == name], [each for each in targets if each.metric == metric]
        )
    )


def _pairs(
    clocks: Sequence[Clock], targets: Sequence[NativeTarget]
) -> Iterator[tuple[Clock | None, NativeTarget | None]]:
    """Runs that began at the same instant; of the others the first with the first."""
    left = list(targets)
    alone: list[Clock] = []
    for clock in clocks:
        same = next((each for each in left if is_near(each.started_at, clock.started_at)), None)
        if same is None:
            alone.append(clock)
        else:
            left.remove(same)
            yield clock, same
    for clock, target in zip(alone, left, strict=False):
        yield clock, target
    yield from ((clock, None) for clock in alone[len(left) :])
    yield from ((None, target) for target in left[len(alone) :])


def _comparison(
    name: str,
    metric: str,
    clock: Clock | None,
    target: NativeTarget | None,
    ticket: Ticket,
    always_open: frozenset[str | None],
) -> Comparison:
    ours, theirs = _our_verdict(clock), _their_verdict(target)
    reason: Reason | None
    if clock is None or target is None:
        reason = _one_sided(clock, target, ticket)
    elif ours == theirs and (_same_end(clock, target) or ours is Verdict.OPEN):
        reason = None
    else:
        reason = reason_of_ends(clock, target, ticket) or _reason_of_times(clock, target, ticket, always_open)
    detail = "" if reason is None else _detail(clock, target, ours, theirs)
    return Comparison(clock=name, metric=metric, ours=ours, theirs=theirs, reason=reason, detail=detail)


def _same_end(clock: Clock, target: NativeTarget) -> bool:
    return not target.has_history or is_near(clock.met_at, target.met_at)


def _one_sided(clock: Clock | None, target: NativeTarget | None, ticket: Ticket) -> Reason:
    if clock is None:
        return Reason.NOT_PROMISED if target and target.started_at else Reason.BEFORE_HISTORY
    if any(is_near(change.at, clock.started_at) for change in reopenings(ticket)):
        return Reason.REOPENED
    return Reason.NO_NATIVE_TARGET


def _reason_of_times(clock: Clock, target: NativeTarget, ticket: Ticket, always_open: frozenset[str | None]) -> Reason:
    """Why two runs with the same end are evaluated otherwise."""
    if target.started_at is None:
        return Reason.BEFORE_HISTORY
    if not is_near(target.started_at, clock.started_at):
        return Reason.OTHER_START
    if target.target_s is not None and target.target_s != clock.target_s:
        return Reason.CHANGED_PRIORITY if _changed_meanwhile(clock, target, ticket) else Reason.OTHER_TARGET
    if target.in_business_hours is not None and target.in_business_hours is (clock.calendar in always_open):
        return Reason.OTHER_HOURS
    if not target.has_history:
        return Reason.NO_HISTORY
    if not _same_pauses(_pauses(clock), target.pauses):
        return Reason.OTHER_PAUSES
    return Reason.OTHER_SCHEDULE if target.in_business_hours else Reason.UNEXPLAINED


def _changed_meanwhile(clock: Clock, target: NativeTarget, ticket: Ticket) -> bool:
    """Whether the priority changed while one of them ran."""
    ends = [clock.ended_at, target.met_at]
    last = None if None in ends else max(end for end in ends if end)
    changes = (change.at for change in ticket.changes("priority"))
    return any(clock.started_at < at and (last is None or at <= last) for at in changes)


def _pauses(clock: Clock) -> list[tuple[datetime, datetime | None]]:
    """The times between its beginning, the stretches in which a clock counts, and its end."""
    ends = [clock.started_at, *(end for _, end in clock.spans)]
    starts = [*(start for start, _ in clock.spans), clock.met_at]
    return [
        (end, start)
        for end, start in zip(ends, starts, strict=True)
        if end and (start or clock.state is ClockState.PAUSED) and end != start
    ]


def _same_pauses(
    ours: Sequence[tuple[datetime, datetime | None]], theirs: Sequence[tuple[datetime, datetime | None]]
) -> bool:
    return len(ours) == len(theirs) and all(
        is_near(one, other) for pair in zip(ours, theirs, strict=True) for one, other in zip(*pair, strict=True)
    )


def _our_verdict(clock: Clock | None) -> Verdict:
    match clock and clock.state:
        case None:
            return Verdict.NONE
        case ClockState.MET:
            return Verdict.KEPT
        case ClockState.BREACHED:
            return Verdict.BROKEN
        case ClockState.CANCELLED:
            return Verdict.CANCELLED
        case _:
            return Verdict.OPEN


def _their_verdict(target: NativeTarget | None) -> Verdict:
    if target is None:
        return Verdict.NONE
    return Verdict.BROKEN if target.breached else Verdict.KEPT if target.met or target.met_at else Verdict.OPEN


def is_near(one: datetime | None, other: datetime | None) -> bool:
    """Whether two instants are the same to both programs; two that are not known are."""
    return one is other if one is None or other is None else abs(one - other) <= NEAR


def _detail(clock: Clock | None, target: NativeTarget | None, ours: Verdict, theirs: Verdict) -> str:
    return f"policy: {_shown(ours, clock)}; helpdesk: {_shown(theirs, target)}"


def _shown(verdict: Verdict, side: Clock | NativeTarget | None) -> str:
    if side is None:
        return verdict.value
    times = (("from", side.started_at), ("due", side.due_at), ("met", side.met_at))
    return " ".join([verdict, *(f"{word} {at:%Y-%m-%d %H:%M:%S}" for word, at in times if at)])
