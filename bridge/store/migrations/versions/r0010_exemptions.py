"""Tickets that a person has taken out, and what each connection permits.

Revision ID: 0010
Revises: 0009
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import SafeText, UtcDateTime

revision = "0010"
down_revision: str | None = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exemptions",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("ticket_id", SafeText, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by", SafeText, nullable=False),
        sa.Column("because", SafeText, nullable=False),
    )
    op.add_column("connections", sa.Column("permissions", sa.Text))


def downgrade() -> None:
    with op.batch_alter_table("connections") as connections:
        connections.drop_column("permissions")
    op.drop_table("exemptions")
