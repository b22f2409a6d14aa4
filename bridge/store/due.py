"""What "due" means, as one SQL expression for claims, counts and health checks."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, exists, or_

from bridge.store.column_types import UtcDateTime
from bridge.store.tables import connections, tickets

NOW = bindparam("now", type_=UtcDateTime)

IS_LEASE_OVER = or_(tickets.c.lease_until.is_(None), tickets.c.lease_until <= NOW)
"""Nobody holds the ticket, or its holder has overslept."""

IS_UNREVIEWED = or_(tickets.c.reviewed_at.is_(None), tickets.c.attempts > 0)
"""No review of the ticket has ended, or the last one has to be tried again."""

IS_DUE = and_(
    tickets.c.due <= NOW,
    IS_LEASE_OVER,
    ~exists().where(
        connections.c.name == tickets.c.connection, or_(connections.c.not_before > NOW, connections.c.on_probation)
    ),
)
"""Anybody may claim the ticket now: its time has come, nobody holds it and its connection is not on hold."""
