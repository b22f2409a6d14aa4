"""How two results for one ticket differ, from what a customer notices most to what only agents see. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain

from bridge.decision import ClockState
from bridge.decision.kinds import ActionKind
from bridge.history.result import ActRow, TicketResult
from bridge.history.rows import ClockRow
from bridge.ticket import Facts


class Change(StrEnum):
    """A way in which a ticket differs, what a customer notices most first. The words are those of ``--never``."""

    NEWLY_CLOSED = "newly closed"
    EARLIER_CLOSING = "earlier closing"
    MORE_MESSAGES = "more customer messages"
    FEWER_MESSAGES = "fewer customer messages"
    OTHER_MESSAGES = "other customer messages"
    MET_TO_BREACHED = "met to breached"
    NEWLY_BREACHED = "newly breached"
    LATER_DEADLINE = "later deadline"
    FEWER_PROMISES = "fewer promises"
    NO_LONGER_CLOSED = "no longer closed"
    LATER_CLOSING = "later closing"
    BREACHED_TO_MET = "breached to met"
    NO_LONGER_BREACHED = "no longer breached"
    EARLIER_DEADLINE = "earlier deadline"
    MORE_PROMISES = "more promises"
    OTHER_POLICY = "other policy"
    OTHER_PRIORITY = "other priority"
    OTHER_NOTICES = "other notices"
    OTHER_ACTIONS = "other actions"


RANK = {change: rank for rank, change in enumerate(Change)}
NOTICES = (ActionKind.NOTIFICATIONS, ActionKind.MOVES)
"""What reaches people of the helpdesk."""
_COUNTS = (ClockState.RUNNING, ClockState.PAUSED)
"""How a promise stands that still has to be kept."""


class Difference(Facts):
    """One difference, explained from both sides."""

    change: Change
    old: tuple[str, ...]
    """What the old policy does and why, line by line; empty where it does nothing."""
    new: tuple[str, ...]
    moved: str = ""
    """What gets another time, and which; empty where nothing does."""
    seconds: int = 0
    """By how much that moves; 0 where nothing does, or where nobody knows."""
    is_past: bool = False
    """Whether only the time differs by which something was promised: it had ended, and the verdict is the same."""

    @property
    def weight(self) -> tuple[int, bool, int]:
        """Sorts differences: what a customer notices most comes first; the past of a promise he hardly does."""
        rank = max(RANK[self.change], RANK[Change.OTHER_POLICY]) if self.is_past else RANK[self.change]
        return rank, self.is_past, -self.seconds


def differences(old: TicketResult, new: TicketResult) -> list[Difference]:
    """Every difference of two results for one ticket, what a customer notices most first."""
    if not (old.is_evaluated and new.is_evaluated):
        if old.is_evaluated == new.is_evaluated:
            return []
        return [Difference(change=Change.OTHER_POLICY, old=_policy(old), new=_policy(new))]
    found = chain(_closings(old, new), _messages(old, new), _clocks(old, new), _others(old, new))
    return sorted(found, key=lambda each: (each.weight, each.old, each.new))


def _policy(result: TicketResult) -> tuple[str, ...]:
    return (f"{result.pack} {result.version}" if result.is_evaluated else "no policy governs the ticket",)


def _closings(old: TicketResult, new: TicketResult) -> Iterator[Difference]:
    before, after = (next(iter(each.acts(ActionKind.CLOSINGS)), None) for each in (old, new))
    if before and after and before.at != after.at:
        change = Change.EARLIER_CLOSING if after.at < before.at else Change.LATER_CLOSING
        yield _acts(change, [before], [after]).model_copy(
            update={"moved": _moved(before.at, after.at), "seconds": _seconds(before.at, after.at)}
        )
    elif after and not before:
        yield _acts(Change.NEWLY_CLOSED, [], [after])
    elif before and not after:
        yield _acts(Change.NO_LONGER_CLOSED, [before], [])


def _messages(old: TicketResult, new: TicketResult) -> Iterator[Difference]:
    lost, gained = _only(old.acts(ActionKind.PUBLIC_MESSAGES), new.acts(ActionKind.PUBLIC_MESSAGES))
    if len(gained) > len(lost):
        yield _acts(Change.MORE_MESSAGES, lost, gained)
    elif len(gained) < len(lost):
        yield _acts(Change.FEWER_MESSAGES, lost, gained)
    elif lost:
        yield _acts(Change.OTHER_MESSAGES, lost, gained)


def _clocks(old: TicketResult, new: TicketResult) -> Iterator[Difference]:
    for was, now in _pairs(old.clocks, new.clocks):
        if was is None or now is None:
            added = Change.MORE_PROMISES if now else Change.FEWER_PROMISES
            yield Difference(change=added, old=_clock(was), new=_clock(now))
        elif change := _verdict(was, now) or _deadline(was, now):
            yield Difference(
                change=change,
                old=_clock(was),
                new=_clock(now),
                moved=f"{_plain(was.name)}, due {_moved(was.due_at, now.due_at)}" if was.due_at != now.due_at else "",
                seconds=_seconds(was.due_at, now.due_at) if was.due_at and now.due_at else 0,
                is_past=was.state == now.state and now.state not in _COUNTS,
            )


def _verdict(was: ClockRow, now: ClockRow) -> Change | None:
    """How the verdict differs; a promise that still has to be kept has none yet, a cancelled one never."""
    match was.state, now.state:
        case before, after if before == after:
            return None
        case ClockState.MET, ClockState.BREACHED:
            return Change.MET_TO_BREACHED
        case _, ClockState.BREACHED:
            return Change.NEWLY_BREACHED
        case ClockState.BREACHED, ClockState.MET:
            return Change.BREACHED_TO_MET
        case ClockState.BREACHED, _:
            return Change.NO_LONGER_BREACHED
        case _, ClockState.CANCELLED:
            return Change.FEWER_PROMISES
        case ClockState.CANCELLED, _:
            return Change.MORE_PROMISES
    return None


def _deadline(was: ClockRow, now: ClockRow) -> Change | None:
    """How the deadline differs; while a clock is paused nobody knows it, which is later than any time."""
    if was.due_at == now.due_at or (not (was.due_at and now.due_at) and now.state not in _COUNTS):
        return None
    is_later = was.due_at is not None and (now.due_at is None or now.due_at > was.due_at)
    return Change.LATER_DEADLINE if is_later else Change.EARLIER_DEADLINE


def _pairs(old: Sequence[ClockRow], new: Sequence[ClockRow]) -> Iterator[tuple[ClockRow | None, ClockRow | None]]:
    """The same run of a clock on both sides: begun at the same instant, or if as many are left, in their order."""
    before, after = ({(each.name, each.started_at): each for each in clocks} for clocks in (old, new))
    yield from ((before[run], after[run]) for run in sorted(before.keys() & after.keys()))
    for name in sorted({each.name for each in (*old, *new)}):
        lost = [before[run] for run in sorted(before.keys() - after.keys()) if run[0] == name]
        gained = [after[run] for run in sorted(after.keys() - before.keys()) if run[0] == name]
        if len(lost) == len(gained):
            yield from zip(lost, gained, strict=True)
        else:
            yield from ((each, None) for each in lost)
            yield from ((None, each) for each in gained)


def _others(old: TicketResult, new: TicketResult) -> Iterator[Difference]:
    groups = {
        Change.OTHER_PRIORITY: (ActionKind.PRIORITIES,),
        Change.OTHER_NOTICES: NOTICES,
        Change.OTHER_ACTIONS: tuple(
            kind
            for kind in ActionKind
            if kind not in (*NOTICES, ActionKind.PRIORITIES, ActionKind.PUBLIC_MESSAGES, ActionKind.CLOSINGS)
        ),
    }
    for change, kinds in groups.items():
        lost, gained = _only(old.acts(*kinds), new.acts(*kinds))
        if lost or gained:
            yield _acts(change, lost, gained)


def _only(old: Sequence[ActRow], new: Sequence[ActRow]) -> tuple[list[ActRow], list[ActRow]]:
    """What only one side does: the same action at the same instant is the same, whatever clause asks for it."""
    before, after = Counter(map(_identity, old)), Counter(map(_identity, new))
    return _surplus(old, after), _surplus(new, before)


def _surplus(acts: Sequence[ActRow], others: Counter[tuple[datetime, str, str]]) -> list[ActRow]:
    left, found = Counter(others), []
    for act in acts:
        if left[_identity(act)]:
            left[_identity(act)] -= 1
        else:
            found.append(act)
    return found


def _identity(act: ActRow) -> tuple[datetime, str, str]:
    return act.at, act.action, str(act.value)


def _acts(change: Change, old: Sequence[ActRow], new: Sequence[ActRow]) -> Difference:
    return Difference(change=change, old=_describe(old), new=_describe(new))


def _describe(acts: Sequence[ActRow]) -> tuple[str, ...]:
    return tuple(f"{_stamp(act.at)} {act.words} ({act.clause}: {act.because})" for act in acts)


def _clock(clock: ClockRow | None) -> tuple[str, ...]:
    if clock is None:
        return ()
    due = f", due {_stamp(clock.due_at)}" if clock.due_at else ""
    met = f", met {_stamp(clock.met_at)}" if clock.met_at else ""
    return (f"{_plain(clock.name)} {clock.state}{due}{met} ({clock.clause}: {clock.because})",)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _moved(old: datetime | None, new: datetime | None) -> str:
    """One time and the other, with an arrow; while a clock is paused nobody knows it."""
    return " -> ".join(_stamp(at) if at else "not known, because it is paused" for at in (old, new))


def _seconds(one: datetime, other: datetime) -> int:
    return abs(int((other - one).total_seconds()))


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}".removesuffix(":00")
