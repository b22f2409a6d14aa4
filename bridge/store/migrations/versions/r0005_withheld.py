"""What is withheld and why, and stops.

Open tickets whose last review withheld something are reviewed once more, so that it is recorded.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import SafeText, UtcDateTime

revision = "0005"
down_revision: str | None = "0004"
branch_labels = None
depends_on = None

_SEEN_AND_WITHHELD = """
    UPDATE tickets SET due = reviewed_at
    WHERE open AND parked IS NULL AND owner IS NULL AND reviewed_at IS NOT NULL
    AND snapshot IN (SELECT id FROM reviews WHERE outcome = 'withheld')
"""


def upgrade() -> None:
    op.create_table(
        "stops",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", SafeText, nullable=False),
        sa.Column("because", SafeText, nullable=False),
    )
    op.create_table(
        "withheld",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("ticket_id", SafeText, primary_key=True),
        sa.Column("key", SafeText, primary_key=True),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("because", SafeText, nullable=False),
        sa.Column("since", UtcDateTime, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
    )
    op.create_index("withheld_by_cause", "withheld", ["cause", "urgency", "since"])
    op.execute(_SEEN_AND_WITHHELD)


def downgrade() -> None:
    op.drop_index("withheld_by_cause", "withheld")
    op.drop_table("withheld")
    op.drop_table("stops")
