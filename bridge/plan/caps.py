"""Caps: how much may be written in an hour and in a day, for the whole installation and for one account. Pure.

A cap counts what stands in the ledger. What exceeds it is withheld until older entries have left its hour or day.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from bridge.decision.effects import Action, Say, Set
from bridge.decision.limits import CappedKind, Limits
from bridge.decision.plan import Plan
from bridge.decision.targets import SystemField
from bridge.ticket import RESOLVED

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST_DAY = DAY
"""For so long after the first write that counts, the caps under ``first_day`` hold as well."""


_COUNTED = {CappedKind.STATUS_CHANGES: (CappedKind.STATUS_CHANGES, CappedKind.CLOSINGS)}
"""A closing is a change of status, too."""
_REASSIGNING = (SystemField.GROUP, SystemField.ASSIGNEE, SystemField.TIER)


def capped_kind(action: Action) -> CappedKind | None:
    """How an action is counted; None: it is not."""
    match action:
        case Say():
            return CappedKind.CUSTOMER_MESSAGES if action.is_public else None
        case Set(target=SystemField.STATUS, value=value):
            return CappedKind.CLOSINGS if value in RESOLVED else CappedKind.STATUS_CHANGES
        case Set(target=target) if target in _REASSIGNING:
            return CappedKind.REASSIGNMENTS
        case _:
            return None


@dataclass(frozen=True)
class Cap:
    """One cap: at most ``most`` of some kinds within a window."""

    name: str
    """The same for the same cap, whatever its number."""
    kinds: tuple[CappedKind, ...]
    window: timedelta
    most: int
    per_account: bool = False

    def __str__(self) -> str:
        for_account = " for one account" if self.per_account else ""
        period = "an hour" if self.window == HOUR else "a day"
        return f"limit of {self.most} {CappedKind(self.name.split('/')[0]).label} {period}{for_account}"


def caps_on(kinds: Sequence[CappedKind], limits: Limits, *, first_day: bool) -> Iterator[Cap]:
    """The caps under which actions of these kinds fall, the shorter window first."""
    for kind in CappedKind:
        counted = _COUNTED.get(kind, (kind,))
        if set(counted).isdisjoint(kinds):
            continue
        sources = [(limits, "", False), (limits.per_account, "/account", True)]
        sources += [(limits.first_day, "/first_day", False)] if first_day else []
        for rates, suffix, per_account in sources:
            rate = rates.of(kind)
            for period, window, most in (("hour", HOUR, rate.hour), ("day", DAY, rate.day)):
                if most is not None:
                    yield Cap(f"{kind}/{period}{suffix}", counted, window, most, per_account)


def belongs_together(plan: Plan) -> frozenset[str]:
    """Keys of what a cap withholds as a whole: no closing without its message, no message about what did not happen."""
    joined = {CappedKind.CUSTOMER_MESSAGES, CappedKind.CLOSINGS, CappedKind.STATUS_CHANGES}
    return frozenset(action.key for action in plan.permitted.actions if capped_kind(action) in joined)
