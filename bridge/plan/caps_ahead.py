"""Caps on what is still to come: which of it they will withhold, worked out in the order in which it is due. Pure.

What is withheld has its turn as soon as every cap allows it, before what is due later.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from bridge.decision.limits import CappedKind, Limits
from bridge.plan.caps import FIRST_DAY, Cap, caps_on

NEVER = datetime.max.replace(tzinfo=UTC)
"""The turn of what a cap never allows: a person has to release it."""


@dataclass(frozen=True)
class CountedWrite:
    """A write that counts and was made."""

    at: datetime
    kind: CappedKind
    account: str | None


class CapsAhead:
    """The caps of an installation from now on, filled up write by write, the next due first."""

    def __init__(self, limits: Limits, first: datetime | None, made: Iterable[CountedWrite]) -> None:
        """``first``: when the first write that counts was made; ``made``: those of the last day."""
        self._limits, self._first = limits, first
        self._made = sorted(made, key=lambda write: write.at)
        self._times: dict[tuple[str, str | None], list[datetime]] = {}
        self._last_withheld: dict[tuple[str, str | None], datetime] = {}
        """The turn of the last one that waits for a cap."""

    def withhold(self, at: datetime, kinds: Collection[CappedKind], account: str | None) -> str:
        """The cap that withholds writes of these kinds, which are made together, at ``at``; empty: none does."""
        self._first = self._first or at
        is_first_day = at - self._first < FIRST_DAY
        caps = caps_on(tuple(kinds), self._limits, first_day=is_first_day)
        binding = [cap for cap in caps if account or not cap.per_account]
        turns = {cap: self._turn(cap, at, kinds, account) for cap in binding}
        turn = max(turns.values(), default=at)
        for cap, its_turn in turns.items() if turn < NEVER else ():
            for kind in kinds:
                if kind in cap.kinds:
                    insort(self._taken(cap, account), turn)
            if its_turn > at:
                self._last_withheld[cap.name, _of(cap, account)] = turn
        return next((str(cap) for cap, its_turn in turns.items() if its_turn > at), "")

    def _turn(self, cap: Cap, at: datetime, kinds: Collection[CappedKind], account: str | None) -> datetime:
        """When a cap allows so many more."""
        number = sum(kind in cap.kinds for kind in kinds)
        if number > cap.most:
            return NEVER
        turn = max(at, self._last_withheld.get((cap.name, _of(cap, account)), at))
        taken = self._taken(cap, account)
        before = bisect_right(taken, turn)
        if before > cap.most - number:
            turn = max(turn, taken[before - (cap.most - number + 1)] + cap.window)
        return turn

    def _taken(self, cap: Cap, account: str | None) -> list[datetime]:
        """When a cap is used, in order."""
        of = _of(cap, account)
        if (cap.name, of) not in self._times:
            made = [write for write in self._made if write.kind in cap.kinds and of in (None, write.account)]
            self._times[cap.name, of] = [write.at for write in made]
        return self._times[cap.name, of]


def _of(cap: Cap, account: str | None) -> str | None:
    """The account for which a cap counts; None: for all."""
    return account if cap.per_account else None
