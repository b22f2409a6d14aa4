"""The runs of a clock: when each starts, and when and how it ends."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from bridge.policy.calendars.duration import after
from bridge.policy.evaluation.clock_run import ClockRun
from bridge.policy.evaluation.conditions import Span
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.events import is_event
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.resolution_cycles import ResolutionCycle
from bridge.policy.rules.clock_facts import AgreedSpan
from bridge.policy.rules.clock_met import first_met, held_from, meets, was_met_before_adoption
from bridge.policy.rules.running_rule import RunningRule, is_met_by_solving
from bridge.ticket import Opener, TimelineEntry


def clock_runs(rule: RunningRule, context: Context) -> Iterator[ClockRun]:
    """The runs of a clock, oldest first; one per period."""
    agreed = rule.agreed_spans(context)
    if agreed is not None:
        runs = _as_agreed(rule, context, [span for span in agreed if span.begin <= context.now])
    elif rule.starts_when:
        runs = _each_time(rule, context, rule.starts_when)
    elif rule.starts_on == "level_set":
        runs = _by_level(rule, context)
    elif rule.periodic or rule.starts_on == "customer_message":
        runs = _periods(rule, context)
    elif is_met_by_solving(rule):
        runs = _until_solved(rule, context)
    else:
        runs = _once(rule, context)
    if rule.on_level_change == "from_now":
        runs = _cut(runs, [at for at, _ in context.severity_history])
    runs = _begun(runs, rule.counting_spans(context))
    return runs if agreed is not None or rule.starts_when else _with_head_start(rule, context, runs)


def begins_at_cutover(context: Context, clock: str, runs: Iterable[ClockRun]) -> bool:
    """Whether a clock that counts now had not run by the cutover: an edit, or a contract, promises it from then on."""
    cutover = context.kept.before
    if cutover is None or context.kept.was_running(clock):
        return False
    return any(run.start < cutover and (run.end is None or run.end > cutover) for run in runs)


def _with_head_start(rule: RunningRule, context: Context, runs: Iterable[ClockRun]) -> Iterator[ClockRun]:
    """Runs of which the first may count the time of a merged ticket, unless it was over before the merge."""
    head = context.head_start if rule.starts_on == "created" else None
    for run in runs:
        counts = head and run.start == head.end and (run.end is None or run.end > head.since)
        yield replace(run, head_start=head) if counts else run


def _entries(context: Context, cycle: ResolutionCycle) -> Sequence[TimelineEntry]:
    """What happened in a cycle, with what was said meanwhile on tickets that were merged into this one."""
    said = [entry for entry in context.said_elsewhere if cycle.end is None or entry.at < cycle.end]
    if cycle is not context.cycles[0]:
        said = [entry for entry in said if entry.at >= cycle.start]
    return sorted([*cycle.entries, *said], key=lambda entry: entry.at) if said else cycle.entries


def _until_solved(rule: RunningRule, context: Context) -> Iterator[ClockRun]:
    """One run for each resolution cycle, or one for several where a reopening goes on with the clock."""
    first, *later = context.cycles
    run = ClockRun(first.start, first.end, "met")
    for cycle in later:
        if run.end is None or not _goes_on(rule, context, run.end, cycle.start):
            yield run
            run = ClockRun(cycle.start, cycle.end, "met")
        else:
            rest = ((run.end, cycle.start),) if rule.on_reopen == "resume" else ()
            run = ClockRun(run.start, cycle.end, "met", (*run.rests, *rest), resumed_at=cycle.start)
    yield run


def _goes_on(rule: RunningRule, context: Context, resolved: datetime, reopened: datetime) -> bool:
    """Whether a reopening goes on with the clock that the resolution had met."""
    if rule.on_reopen == "new" or rule.reopened_within is None:
        return rule.on_reopen != "new"
    if isinstance(rule.reopened_within, timedelta):  # days of the week, whatever the hours of the clock
        return reopened <= resolved + rule.reopened_within
    return reopened <= after(context.calendar(rule.calendar), resolved, rule.reopened_within)


def _once(rule: RunningRule, context: Context) -> Iterator[ClockRun]:
    if was_met_before_adoption(rule, context):
        return
    for start, cycle, entries in _start(rule, context):
        met = first_met(rule, context, start, cycle, entries)
        met = start if context.status_at(start) in rule.met_in else met
        yield ClockRun(start, max(met, start), "met") if met else ClockRun(start, cycle.end, "cancelled")


def _start(rule: RunningRule, context: Context) -> Iterator[tuple[datetime, ResolutionCycle, Sequence[TimelineEntry]]]:
    """Where a clock that runs once starts, the cycle in which it does, and what follows there; at most one."""
    if rule.starts_on == "created" or context.ticket.opened_by is not Opener.AGENT_ON_BEHALF:
        yield context.cycles[0].start, context.cycles[0], _entries(context, context.cycles[0])
        return
    for cycle in context.cycles:
        for index, entry in enumerate(cycle.entries):
            if is_event("customer_message", entry):
                yield entry.at, cycle, cycle.entries[index + 1 :]
                return


def _by_level(rule: RunningRule, context: Context) -> Iterator[ClockRun]:
    """One run for each time a level came into force; a change of level ends the one before."""
    cycle = context.cycles[0]
    meeting = [entry.at for entry in _entries(context, cycle) if meets(rule, context, entry)]
    meeting = sorted([*meeting, *held_from(rule, context, cycle.start)])
    bounds = [at for at, _ in context.severity_history]
    first = 1 if was_met_before_adoption(rule, context) else 0
    for start, following in list(zip(bounds, [*bounds[1:], None], strict=True))[first:]:
        if start == following:
            continue
        end = min(filter(None, (following, cycle.end)), default=None)
        met = next(iter(meeting[(index := bisect_left(meeting, start)) : index + 1]), None)
        in_time = met is not None and (end is None or met <= end)
        yield ClockRun(start, met, "met") if in_time else ClockRun(start, end, "cancelled")


def _periods(rule: RunningRule, context: Context) -> Iterator[ClockRun]:
    for cycle in context.cycles:
        start = cycle.start if rule.starts_on == "created" else None
        for entry in _entries(context, cycle):
            if start is None and is_event("customer_message", entry):
                start = entry.at
            elif start is not None and entry.at >= start and meets(rule, context, entry):
                yield ClockRun(start, entry.at, "met")
                start = entry.at if rule.starts_on == "created" else None
        if start is not None and start != cycle.end:
            yield ClockRun(start, cycle.end, "cancelled")


def _as_agreed(rule: RunningRule, context: Context, spans: Sequence[AgreedSpan]) -> Iterator[ClockRun]:
    """The runs of a clock that begins or is due at the time in a fact: for each time that was agreed."""
    for span in spans:
        if rule.periodic:
            runs = _periods(rule, context)
        elif is_met_by_solving(rule):
            runs = _until_solved(rule, context)
        else:
            runs = _since(rule, context, span)
        for run in runs:
            if (span.end is None or run.start < span.end) and (run.end is None or run.end >= span.begin):
                yield _during(run, span)


def _during(run: ClockRun, span: AgreedSpan) -> ClockRun:
    """The part of a run that lies in a span; the end of the span cancels it."""
    run = replace(run, start=max(run.start, span.begin), due_at=span.due)
    if span.end is not None and (run.end is None or run.end > span.end):
        return replace(run, end=span.end, how="cancelled")
    return run


def _since(rule: RunningRule, context: Context, span: AgreedSpan) -> Iterator[ClockRun]:
    """One run from the beginning of a span, or from the reopening of a ticket that was resolved then."""
    cycle = next((cycle for cycle in context.cycles if cycle.end is None or cycle.end > span.begin), None)
    if cycle is None or (span.begin == context.ticket.created_at and was_met_before_adoption(rule, context)):
        return
    start = max(span.begin, cycle.start)
    said_with_it = span.due is not None and span.begin != context.ticket.created_at
    following = (
        entry for entry in _entries(context, cycle) if entry.at > start or (entry.at == start and not said_with_it)
    )
    met = first_met(rule, context, start, cycle, following)
    yield ClockRun(start, met, "met") if met else ClockRun(start, cycle.end, "cancelled")


def _each_time(rule: RunningRule, context: Context, condition: Predicate) -> Iterator[ClockRun]:
    """A run from each time a condition begins to hold, unless one still runs.

    What began while the ticket was open ends with the resolution; what began after that, with the reopening.
    """
    phases, last = _phases(context), None
    for begin, _ in context.holding_spans(condition):
        if last and (last.end is None or begin < last.end):
            continue
        if begin == context.ticket.created_at and was_met_before_adoption(rule, context):
            continue
        phase = next(each for each in phases if each.end is None or begin < each.end)
        if is_met_by_solving(rule):
            met = phase.end if phase in context.cycles else None
        else:
            later = (entry for entry in _entries(context, phase) if entry.at > begin)
            met = first_met(rule, context, begin, phase, later)
        last = ClockRun(begin, met, "met") if met else ClockRun(begin, phase.end, "cancelled")
        yield last


def _phases(context: Context) -> list[ResolutionCycle]:
    """The times in which a ticket was open, and those between them in which it was resolved, one after the other."""
    phases: list[ResolutionCycle] = []
    for cycle, following in zip(context.cycles, [*context.cycles[1:], None], strict=True):
        phases.append(cycle)
        if cycle.end:
            end = following.start if following else None
            phases.append(ResolutionCycle(cycle.end, end, context.timeline.between(cycle.end, end)))
    return phases


def _cut(runs: Iterable[ClockRun], at: Iterable[datetime]) -> Iterator[ClockRun]:
    """Runs cut where something starts them again: each part ends the one before."""
    points = sorted(set(at))
    for run in runs:
        inner = [point for point in points if run.start < point and (run.end is None or point < run.end)]
        for start, end in pairwise([run.start, *inner]):
            yield replace(run, start=start, end=end, how="cancelled", resumed_at=None)
        yield replace(run, start=[run.start, *inner][-1])


def _begun(runs: Iterable[ClockRun], spans: Sequence[Span] | None) -> Iterator[ClockRun]:
    """Runs from where they first count on; one that never counts is none."""
    for run in runs:
        starts = (max(begin, run.start) for begin, end in spans or () if end is None or end > run.start)
        start = run.start if spans is None else next(starts, None)
        if start is not None and (run.end is None or start <= run.end):
            yield run if start == run.start else replace(run, start=start)
