"""The SLA status of a ticket as targets: what Odoo's own deadlines said of it. Pure.

The models are those of the community addon ``helpdesk_mgmt_sla``; a promise there is a stage to be reached within
working hours. It keeps its state and not its history: an expired one that was reached later still counts as expired.
"""

from __future__ import annotations

from collections.abc import Iterable

from bridge.ports.native_targets import NativeTarget
from mappings.coercion import Json, parse_instant

MODEL = "helpdesk.ticket.sla"
FIELDS = ("name", "ticket_id", "state", "deadline", "hours", "expired", "create_date", "last_state_date")


def to_targets(rows: Iterable[Json]) -> tuple[NativeTarget, ...]:
    """The targets of one ticket, by when they began."""
    found = [_target(row) for row in rows]
    return tuple(sorted(found, key=lambda each: (each.metric, str(each.started_at or ""))))


def _target(row: Json) -> NativeTarget:
    is_met, changed_at = row.get("state") == "accomplished", parse_instant(row.get("last_state_date"))
    deadline = parse_instant(row.get("deadline"))
    is_late = is_met and changed_at is not None and deadline is not None and changed_at > deadline
    return NativeTarget(
        metric=str(row.get("name") or ""),
        started_at=parse_instant(row.get("create_date")),
        target_s=int(float(row.get("hours") or 0) * 3600) or None,
        in_business_hours=True,
        due_at=deadline,
        met_at=changed_at if is_met else None,
        breached=is_late or row.get("state") == "expired" or bool(row.get("expired")),
    )
