"""Conditions of the installation, connections that have to be probed, and the holders of leases.

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "conditions",
        sa.Column("connection", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("succeeded_at", sa.DateTime(timezone=True)),
        sa.Column("failing_since", sa.DateTime(timezone=True)),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
    )
    op.add_column("connections", sa.Column("on_probation", sa.Boolean()))
    held = sa.text("owner IS NOT NULL")
    op.create_index("tickets_held", "tickets", ["owner"], sqlite_where=held, postgresql_where=held)


def downgrade() -> None:
    op.drop_index("tickets_held", "tickets")
    op.drop_column("connections", "on_probation")
    op.drop_table("conditions")
