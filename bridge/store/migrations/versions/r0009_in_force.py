"""Since when packs are in force on each connection, and tickets from before that were adopted.

A connection that has written before is in force since its first recorded review: what it wrote on older tickets proves
that they were governed before that. A connection that never wrote goes on in shadow.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import SafeText, UtcDateTime

revision = "0009"
down_revision: str | None = "0008"
branch_labels = None
depends_on = None

_KNOWN_PACKS = """
INSERT INTO in_force (connection, pack, watched_since, since)
SELECT pins.connection, pins.pack, MIN(reviews.at),
       CASE WHEN EXISTS (SELECT 1 FROM effects WHERE effects.connection = pins.connection) THEN MIN(reviews.at) END
FROM pins JOIN reviews ON reviews.connection = pins.connection AND reviews.ticket_id = pins.ticket_id
GROUP BY pins.connection, pins.pack
"""


def upgrade() -> None:
    op.create_table(
        "in_force",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("pack", sa.Text, primary_key=True),
        sa.Column("watched_since", UtcDateTime, nullable=False),
        sa.Column("since", UtcDateTime),
    )
    op.create_table(
        "adoptions",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("ticket_id", SafeText, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.add_column("pins", sa.Column("since", UtcDateTime))
    op.execute(_KNOWN_PACKS)


def downgrade() -> None:
    op.drop_column("pins", "since")
    op.drop_table("adoptions")
    op.drop_table("in_force")
