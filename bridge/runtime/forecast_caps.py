"""What caps will withhold of a preview, over all of its tickets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import groupby

from bridge.decision.kinds import ActionKind
from bridge.decision.limits import CappedKind, Limits
from bridge.plan.caps import DAY
from bridge.plan.caps_ahead import CapsAhead
from bridge.ports.forecast_caps import ComingWrite
from bridge.ports.store import Store
from bridge.ticket import TicketRef

_COUNTED = {
    ActionKind.PUBLIC_MESSAGES: CappedKind.CUSTOMER_MESSAGES,
    ActionKind.CLOSINGS: CappedKind.CLOSINGS,
    ActionKind.REOPENINGS: CappedKind.STATUS_CHANGES,
    ActionKind.STATUS_CHANGES: CappedKind.STATUS_CHANGES,
    ActionKind.MOVES: CappedKind.REASSIGNMENTS,
}


def withhold_what_caps_exceed(store: Store, connections: Collection[str], limits: Limits, now: datetime) -> None:
    """Note in the forecasts what a cap will withhold. Bursts are not foreseen."""
    ahead = CapsAhead(limits, store.first_counted_write(), store.counted_writes(now - DAY))
    store.withhold_forecasts(list(_withheld(ahead, store.coming_writes(connections, _COUNTED))))


def _withheld(ahead: CapsAhead, coming: Iterator[ComingWrite]) -> Iterator[tuple[ComingWrite, str]]:
    for _, written_together in groupby(coming, _review):
        together = list(written_together)
        moves = [each for each in together if each.kind is ActionKind.MOVES]
        for part in ([each for each in together if each not in moves], moves):
            kinds = [_COUNTED[each.kind] for each in part]
            if part and (because := ahead.withhold(part[0].due, kinds, part[0].account)):
                yield from ((each, because) for each in part)


def _review(each: ComingWrite) -> tuple[TicketRef, datetime]:
    """What is written by one review."""
    return each.ref, each.due
