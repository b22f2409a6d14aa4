"""Amendments: clocks that were waived or extended, and promised dates of follow-up.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import SafeText, UtcDateTime

revision = "0014"
down_revision: str | None = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "amendments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("connection", sa.Text, nullable=False),
        sa.Column("ticket_id", SafeText, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("clock", SafeText, nullable=False),
        sa.Column("until", UtcDateTime),
        sa.Column("reason", SafeText, nullable=False),
        sa.Column("by", SafeText, nullable=False),
        sa.Column("recorded_by", SafeText, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_index("amendments_by_ticket", "amendments", ["connection", "ticket_id"])


def downgrade() -> None:
    op.drop_table("amendments")
