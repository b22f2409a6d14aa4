"""What caps will withhold of a preview, and when a burst of messages would stop everything, over all of its tickets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby

from bridge.decision import WithheldCause
from bridge.decision.kinds import ActionKind
from bridge.decision.limits import CappedKind, Limits
from bridge.plan.bursts import USUAL_OVER, BurstsAhead
from bridge.plan.caps import DAY, HOUR
from bridge.plan.caps_ahead import CapsAhead
from bridge.ports.forecast_caps import ComingWrite, ExpectedWithholding
from bridge.ports.store import Store
from bridge.ticket import TicketRef

_COUNTED = {
    ActionKind.PUBLIC_MESSAGES: CappedKind.CUSTOMER_MESSAGES,
    ActionKind.CLOSINGS: CappedKind.CLOSINGS,
    ActionKind.REOPENINGS: CappedKind.STATUS_CHANGES,
    ActionKind.STATUS_CHANGES: CappedKind.STATUS_CHANGES,
    ActionKind.MOVES: CappedKind.REASSIGNMENTS,
}


MOST = 10_000
"""So many actions that caps withhold are looked at."""


def withhold_what_caps_exceed(store: Store, connections: Collection[str], limits: Limits, now: datetime) -> None:
    """Note in the forecasts what a cap will withhold, and what comes after a burst that stops everything."""
    made = store.counted_writes(now - max(DAY, USUAL_OVER + HOUR))
    caps = CapsAhead(limits, store.first_counted_write(), made)
    messages = [write.at for write in made if write.kind is CappedKind.CUSTOMER_MESSAGES]
    bursts = BurstsAhead(limits.burst, store.first_message(), messages)
    store.withhold_forecasts(list(_withheld(caps, bursts, store.coming_writes(connections))))


def withhold_what_caps_hold(store: Store, refs: Collection[TicketRef]) -> None:
    """Note in the forecasts of some tickets what a cap withholds of them now."""
    held = [each for each in store.withheld(causes=[WithheldCause.CAP], limit=MOST) if each.ref in refs]
    store.withhold_forecasts(ExpectedWithholding(each.ref, each.action.key, each.cause, each.because) for each in held)


def _withheld(caps: CapsAhead, bursts: BurstsAhead, coming: Iterator[ComingWrite]) -> Iterator[ExpectedWithholding]:
    for (_, due), written_together in groupby(coming, _review):
        together = list(written_together)
        messages = sum(each.kind is ActionKind.PUBLIC_MESSAGES for each in together)
        if burst := bursts.stops(due, messages):
            because = f"a burst would stop all writing: {burst}"
            yield from (ExpectedWithholding(each.ref, each.key, WithheldCause.STOP, because) for each in together)
            continue
        moves = [each for each in together if each.kind is ActionKind.MOVES]
        others = [each for each in together if each.kind in _COUNTED and each not in moves]
        for part in (others, moves):
            kinds = [_COUNTED[each.kind] for each in part]
            if part and (because := caps.withhold(due, kinds, part[0].account)):
                yield from (ExpectedWithholding(each.ref, each.key, WithheldCause.CAP, because) for each in part)
                messages = 0 if part is others else messages
        bursts.sent(due, messages)


def _review(each: ComingWrite) -> tuple[TicketRef, datetime]:
    """What is written by one review."""
    return each.ref, each.due
