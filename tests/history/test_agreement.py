"""Clocks beside the helpdesk's own metrics: where they agree, and the named reason for each kind of difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.decision import Citation, Clock, ClockState
from bridge.history.agreement import Comparison, Verdict, compared
from bridge.history.agreement_figures import AgreementFigures
from bridge.history.reasons import LABELS, Reason
from bridge.ports.native_targets import EndedBy, NativeTarget
from bridge.ticket import Actor, Changed, Message, PhoneContact, Role, Status, Ticket, TicketRef, TimelineEntry

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
EQUAL = {"first_response": "first_reply_time"}
HOUR = 3600


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def said(minutes: float, role: Role = Role.AGENT, *, public: bool = True, auto_reply: bool = False) -> Message:
    return Message(at=at(minutes), actor=Actor(role=role), public=public, text="words", auto_reply=auto_reply)


def became(minutes: float, status: Status, old: Status = Status.OPEN) -> Changed:
    return Changed(at=at(minutes), actor=Actor(role=Role.AGENT), field="status", old=old.value, new=status.value)


def clock(met: float | None = 30, *, begun: float = 0, state: ClockState | None = None, **keys: Any) -> Clock:
    """A clock of an hour, met in time unless something else is said."""
    end = None if met is None else at(met)
    usual = {"spans": ((at(begun), end),), "due_at": at(begun + 60), "target_s": HOUR}
    return Clock(
        cite=Citation(pack="desk", version="1", clause="D-01"),
        name="first_response",
        started_at=at(begun),
        state=state or (ClockState.RUNNING if met is None else ClockState.MET),
        met_at=end,
        ended_at=end,
        **usual | keys,
    )


def target(end: float | None = 30, *, begun: float | None = 0, due: float | None = None, **keys: Any) -> NativeTarget:
    """A metric with a target of an hour; ``due``: it was breached then."""
    return NativeTarget(
        metric="first_reply_time",
        started_at=None if begun is None else at(begun),
        met_at=None if end is None else at(end),
        due_at=None if due is None else at(due),
        breached=due is not None,
        **{"target_s": HOUR, "in_business_hours": False} | keys,
    )


def stage(end: float | None = 30, **keys: Any) -> NativeTarget:
    """A metric that waits for a stage, as Odoo's do."""
    return target(end, **{"ended_by": EndedBy.STATUS} | keys)


BREACHED = ClockState.BREACHED
PAUSED = ((at(0), at(10)), (at(50), at(90)))
OTHER = NativeTarget(metric="next_reply_time", started_at=at(5), target_s=60)


def comparisons(
    clocks: list[Clock], targets: list[NativeTarget], *entries: TimelineEntry, always: bool = True
) -> list[Comparison]:
    ordered = tuple(sorted(entries, key=lambda entry: entry.at))
    ticket = Ticket(ref=TicketRef(connection="acme", id="1"), created_at=START, timeline=ordered)
    return list(compared(clocks, targets, EQUAL, ticket, frozenset([None] if always else [])))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (clock(30), target(30)),
        (clock(30), target(30 + 0.9 / 60)),
        (clock(90, state=BREACHED), target(90, due=60)),
        (clock(None), target(None)),
    ],
)
def test_the_same_verdict_at_the_same_time_is_agreement(ours: Clock, theirs: NativeTarget) -> None:
    (found,) = comparisons([ours], [theirs], said(30), said(90))
    assert found.reason is None, found
    assert found.ours == found.theirs


PHONE = PhoneContact(at=at(30), actor=Actor(role=Role.AGENT))
NOTE = said(5, Role.BRIDGE, public=False)
ASSIGNED = Changed(at=at(30), actor=Actor(role=Role.AGENT), field="assignee", old=None, new="a")
RAISED = Changed(at=at(20), actor=Actor(role=Role.AGENT), field="priority", old="low", new="high")
DIFFERENCES: dict[Reason, tuple[list[Clock], list[NativeTarget], list[TimelineEntry]]] = {
    Reason.COUNTS_NOTE: ([clock(90, state=BREACHED)], [target(30)], [said(30, public=False), said(90)]),
    Reason.COUNTS_BRIDGE: ([clock(90, state=BREACHED)], [target(5)], [said(5, Role.BRIDGE), said(90)]),
    Reason.COUNTS_AUTOMATIC_REPLY: ([clock(None)], [target(5)], [said(5, auto_reply=True)]),
    Reason.COUNTS_OTHER_PERSON: ([clock(90, state=BREACHED)], [target(5)], [said(5, Role.OTHER), said(90)]),
    Reason.COUNTS_SOLVING: ([clock(None, state=ClockState.CANCELLED)], [target(40)], [became(40, Status.SOLVED)]),
    Reason.COUNTS_STATUS: ([clock(90, state=BREACHED)], [stage(5)], [became(5, Status.OPEN), NOTE, said(90)]),
    Reason.PHONE_CONTACT: ([clock(30)], [target(90, due=60)], [PHONE, said(90)]),
    Reason.WORK: ([clock(30)], [target(90, due=60)], [ASSIGNED, said(90)]),
    Reason.REOPENED: (
        [clock(30)],
        [target(None, due=100)],
        [said(30), became(40, Status.OPEN, Status.SOLVED)],
    ),
    Reason.OTHER_START: ([clock(70, begun=20)], [target(70, due=60)], [said(70)]),
    Reason.CHANGED_PRIORITY: ([clock(50, state=BREACHED, target_s=1800)], [target(50)], [RAISED, said(50)]),
    Reason.OTHER_TARGET: ([clock(50)], [target(50, due=30, target_s=1800)], [said(50)]),
    Reason.OTHER_HOURS: ([clock(90, state=BREACHED)], [target(90, in_business_hours=True)], [said(90)]),
    Reason.OTHER_PAUSES: ([clock(90, spans=PAUSED)], [target(90, due=60)], [said(90)]),
    Reason.NO_NATIVE_TARGET: ([clock(30)], [OTHER], [said(30)]),
    Reason.NOT_PROMISED: ([], [target(30)], [said(30)]),
    Reason.BEFORE_HISTORY: ([clock(90, state=BREACHED)], [target(90, begun=None)], [said(90)]),
    Reason.NO_HISTORY: ([clock(None)], [stage(None, met=True, has_history=False)], []),
    Reason.UNEXPLAINED: ([clock(90, state=BREACHED)], [target(90)], [said(90)]),
}


@pytest.mark.parametrize("reason", DIFFERENCES, ids=str)
def test_a_difference_has_its_reason(reason: Reason) -> None:
    ours, theirs, entries = DIFFERENCES[reason]
    (found,) = comparisons(ours, theirs, *entries)
    assert found.reason is reason, found
    assert found.detail.startswith("policy: ")


SOLVED, REOPENED = became(30, Status.SOLVED), became(40, Status.OPEN, Status.SOLVED)
BESIDE: list[tuple[Clock, NativeTarget, list[TimelineEntry], Reason | None]] = [
    (clock(90), stage(5), [became(5, Status.OPEN), said(5, Role.BRIDGE), said(90)], Reason.COUNTS_STATUS),
    (clock(90), stage(5), [became(5, Status.OPEN), said(5, public=False), said(90)], Reason.COUNTS_STATUS),
    (clock(90), stage(5), [became(5, Status.OPEN), said(5, auto_reply=True), said(90)], Reason.COUNTS_STATUS),
    (clock(30), stage(None, due=60), [said(30), ASSIGNED], Reason.COUNTS_STATUS),
    (clock(None), stage(30), [SOLVED, said(30, Role.BRIDGE)], Reason.COUNTS_STATUS),
    (clock(30), stage(50), [SOLVED, REOPENED, became(50, Status.SOLVED)], Reason.REOPENED),
    (clock(None), target(30), [said(30), said(30, Role.BRIDGE)], Reason.UNEXPLAINED),
    (clock(None), target(30), [said(30), SOLVED], Reason.UNEXPLAINED),
    (clock(30), target(90, due=60), [said(30), ASSIGNED, said(90)], Reason.UNEXPLAINED),
    (clock(None), target(5), [NOTE], Reason.COUNTS_NOTE),
    (
        clock(50, state=BREACHED, target_s=1800),
        target(50),
        [said(50), RAISED.model_copy(update={"at": at(60)})],
        Reason.OTHER_TARGET,
    ),
    (clock(80, state=BREACHED), stage(None, due=60, has_history=False), [said(80), became(80, Status.OPEN)], None),
    (clock(30), stage(None, met=True, has_history=False), [said(30)], None),
]
"""What happened at the same instant, or afterwards, is not taken for the reason."""


@pytest.mark.parametrize(("ours", "theirs", "entries", "reason"), BESIDE)
def test_what_only_happened_beside_it_is_no_reason(
    ours: Clock, theirs: NativeTarget, entries: list[TimelineEntry], reason: Reason | None
) -> None:
    (found,) = comparisons([ours], [theirs], *entries)
    assert found.reason is reason, found


def test_a_run_that_begins_with_a_status_is_no_reopening() -> None:
    (found,) = comparisons([clock(30, begun=5)], [OTHER], became(5, Status.OPEN, Status.NEW), said(30))
    assert found.reason is Reason.NO_NATIVE_TARGET


def test_two_schedules_of_business_hours_are_a_reason() -> None:
    ours, theirs = clock(90, state=BREACHED, calendar="office"), target(90, in_business_hours=True)
    (found,) = comparisons([ours], [theirs], said(90), always=False)
    assert found.reason is Reason.OTHER_SCHEDULE


def test_every_reason_has_a_test_and_words() -> None:
    assert set(DIFFERENCES) | {Reason.OTHER_SCHEDULE} == set(Reason) == set(LABELS)


def test_a_new_run_after_a_reopening_has_no_metric_of_its_own() -> None:
    found = comparisons(
        [clock(30), clock(None, begun=40)], [target(30)], said(30), became(40, Status.OPEN, Status.SOLVED)
    )
    assert [(each.ours, each.theirs, each.reason) for each in found] == [
        (Verdict.KEPT, Verdict.KEPT, None),
        (Verdict.OPEN, Verdict.NONE, Reason.REOPENED),
    ]


def test_runs_are_paired_by_their_beginnings() -> None:
    found = comparisons([clock(30), clock(80, begun=70)], [target(80, begun=70), target(30)], said(30), said(80))
    assert [each.reason for each in found] == [None, None]


def test_nothing_is_compared_where_the_helpdesk_says_nothing() -> None:
    assert comparisons([clock(30)], [], said(30)) == []


def test_figures_have_the_share_and_examples() -> None:
    figures = AgreementFigures()
    for number in range(4):
        ours, theirs, entries = DIFFERENCES[Reason.PHONE_CONTACT]
        figures.add(f"acme:{number}", comparisons(ours, theirs, *entries))
        figures.add(f"acme:{number}", comparisons([clock(30)], [target(30)], said(30)))
    assert (figures.share, figures.unexplained) == (50.0, 0)
    ((_, _, compared_runs, agreed, reasons),) = figures.pairs()
    assert (compared_runs, agreed) == (8, 4)
    assert [(label, count, len(examples)) for label, count, examples in reasons] == [
        (LABELS[Reason.PHONE_CONTACT], 4, 3)
    ]
