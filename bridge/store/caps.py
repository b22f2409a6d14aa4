"""Caps, counted in the ledger: inside the transaction that records an intent, so that all processes share the counts.

Who waits is served in order: a ticket may use a cap only when nothing more urgent waits for the same cap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
)

from bridge.decision import WithheldCause
from bridge.decision.limits import CappedKind
from bridge.plan.bursts import BURST_FLOOR, describe_burst, usual_since
from bridge.plan.caps import FIRST_DAY, HOUR, Cap, belongs_together, capped_kind, caps_on
from bridge.ports.caps import CapRequest, Excess
from bridge.ports.stops import EVERYTHING, Stop
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.tables import audit, effects, tickets, withheld
from bridge.ticket import TicketRef

_LOCK = 0x706F6C62
"""Of our own choice, the same in every process: two plans are never counted at the same moment."""


def excesses(connection: Connection, ref: TicketRef, request: CapRequest) -> list[Excess]:
    """What of a plan exceeds a cap, and why it is withheld; empty: all of it may be written."""
    capped = counted(request)
    if not capped:
        return []
    released = set(connection.scalars(_LIST_RELEASED, _of(ref)))
    capped = {key: kind for key, kind in capped.items() if key not in released}
    if not capped:
        return []
    if burst := _burst(connection, ref, request, capped):
        return [burst]
    first = connection.scalar(_GET_FIRST)
    is_first_day = first is None or request.at - first < FIRST_DAY
    caps = caps_on(tuple(capped.values()), request.limits, first_day=is_first_day)
    together = belongs_together(request.plan) - released
    return list(_exceeded(connection, ref, request, capped, together, caps))


def counted(request: CapRequest) -> dict[str, CappedKind]:
    """The actions that count, by key."""
    kinds = {action.key: capped_kind(action) for action in request.plan.permitted.actions}
    return {key: kind for key, kind in kinds.items() if kind}


def serialize(connection: Connection) -> None:
    """Let no other transaction count until this one ends."""
    if connection.dialect.name == "postgresql":  # SQLite has one writer
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def _exceeded(
    connection: Connection,
    ref: TicketRef,
    request: CapRequest,
    capped: dict[str, CappedKind],
    together: frozenset[str],
    caps: Iterator[Cap],
) -> Iterator[Excess]:
    exceeding: set[str] = set()
    for cap in caps:
        keys = {key for key, kind in capped.items() if kind in cap.kinds} - exceeding
        if not keys or (cap.per_account and request.account is None):
            continue
        if until := _allowed_again(connection, ref, request, cap, keys):
            keys |= together if keys & together else set()
            exceeding |= keys
            yield Excess(frozenset(keys), WithheldCause.CAP, str(cap), cap.name, until[0])


def _allowed_again(
    connection: Connection, ref: TicketRef, request: CapRequest, cap: Cap, keys: Collection[str]
) -> tuple[datetime | None] | None:
    """When a cap that is exceeded may allow so many more, in a tuple; None: it is not exceeded."""
    values = {**_of(ref), "keys": list(keys), "kinds": list(cap.kinds), "account": request.account, "cap": cap.name}
    values |= {"since": request.at - cap.window, "urgency": request.urgency}
    used = connection.scalars(_count(_USED, effects, cap), values).one()
    values["waits_since"] = connection.scalar(_GET_WAITING_SINCE, values) or request.at
    ahead = connection.scalars(_count(_AHEAD, withheld, cap), values).one()
    if used + ahead + len(keys) <= cap.most:
        return None
    if len(keys) > cap.most:
        return (None,)
    leaving = min(used + ahead + len(keys) - cap.most, used)
    oldest = select(effects.c.at).select_from(_joined(effects, cap)).where(_USED, *_same_account(cap))
    ordered = oldest.order_by(effects.c.at).offset(max(leaving - 1, 0)).limit(1)
    return ((connection.scalar(ordered, values) or request.at) + cap.window,)


def _burst(connection: Connection, ref: TicketRef, request: CapRequest, capped: dict[str, CappedKind]) -> Excess | None:
    """A stop of everything, where far more messages go to customers than is usual."""
    keys = [key for key, kind in capped.items() if kind is CappedKind.CUSTOMER_MESSAGES]
    if not keys or request.limits.burst is None:
        return None
    hour_ago = request.at - HOUR
    resumed = connection.scalar(_GET_LAST_RESUME)
    if resumed and resumed > hour_ago:  # somebody has just looked and said that it is right
        return None
    values = {**_of(ref), "keys": keys, "kinds": [CappedKind.CUSTOMER_MESSAGES], "since": hour_ago}
    recent = connection.scalars(_COUNT_USED, values).one() + len(keys)
    since = usual_since(connection.scalar(GET_FIRST_MESSAGE) or request.at, request.at)
    if recent <= BURST_FLOOR or since is None:
        return None
    before = connection.scalars(_COUNT_MESSAGES, {"since": since, "until": hour_ago}).one()
    because = describe_burst(recent, before, since, request.at, request.limits.burst)
    if not because:
        return None
    stop = Stop(EVERYTHING, request.at, "Policybridge", f"{because}; look at what is withheld, then resume")
    everything = frozenset(action.key for action in request.plan.permitted.actions)
    return Excess(everything, WithheldCause.STOP, str(stop), stop=stop)


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


_CONNECTION: BindParameter[str] = bindparam("of_connection", type_=Text)
_ID: BindParameter[str] = bindparam("of_id", type_=SafeText)
_KEYS = bindparam("keys", type_=SafeText, expanding=True)
_KINDS: BindParameter[str] = bindparam("kinds", type_=Text, expanding=True)
_SINCE = bindparam("since", type_=UtcDateTime)
_IS_COUNTED = effects.c.kind.is_not(None)
_USED = and_(
    _IS_COUNTED,
    effects.c.at > _SINCE,
    effects.c.kind.in_(_KINDS),
    or_(effects.c.connection != _CONNECTION, effects.c.ticket_id != _ID, effects.c.key.not_in(_KEYS)),
)
"""In the ledger within the window; what is tried again counts once."""
_IS_OURS = and_(withheld.c.connection == _CONNECTION, withheld.c.ticket_id == _ID)
_WAITS = and_(withheld.c.cause == WithheldCause.CAP, withheld.c.released.is_(None))
_AHEAD = and_(
    _WAITS,
    withheld.c.cap == bindparam("cap", type_=Text),
    withheld.c.kind.in_(_KINDS),
    or_(withheld.c.connection != _CONNECTION, withheld.c.ticket_id != _ID),
    tuple_(withheld.c.urgency, withheld.c.since)
    < tuple_(bindparam("urgency"), bindparam("waits_since", type_=UtcDateTime)),
)
"""Waits for the same cap and comes first."""
_GET_WAITING_SINCE = select(func.min(withheld.c.since, type_=UtcDateTime)).where(_IS_OURS, _WAITS)
_LIST_RELEASED = select(withheld.c.key).where(_IS_OURS, withheld.c.released.is_not(None))
_GET_FIRST = select(func.min(effects.c.at, type_=UtcDateTime)).where(_IS_COUNTED)
_IS_MESSAGE = and_(_IS_COUNTED, effects.c.kind == CappedKind.CUSTOMER_MESSAGES)
GET_FIRST_MESSAGE = select(effects.c.at).where(_IS_MESSAGE).order_by(effects.c.at).limit(1)
_COUNT_USED = select(func.count()).select_from(effects).where(_USED)
_COUNT_MESSAGES = (
    select(func.count())
    .select_from(effects)
    .where(_IS_MESSAGE, effects.c.at >= _SINCE, effects.c.at <= bindparam("until", type_=UtcDateTime))
)
_GET_LAST_RESUME = select(func.max(audit.c.at, type_=UtcDateTime)).where(audit.c.kind == "resume")


def _count(condition: ColumnElement[bool], table: Table, cap: Cap) -> Select[int]:
    return select(func.count()).select_from(_joined(table, cap)).where(condition, *_same_account(cap))


def _joined(table: Table, cap: Cap) -> FromClause:
    if not cap.per_account:
        return table
    return table.join(tickets, and_(tickets.c.connection == table.c.connection, tickets.c.id == table.c.ticket_id))


def _same_account(cap: Cap) -> list[ColumnElement[bool]]:
    """Of the same account, on the same connection."""
    if not cap.per_account:
        return []
    return [tickets.c.connection == _CONNECTION, tickets.c.account == bindparam("account", type_=SafeText)]
