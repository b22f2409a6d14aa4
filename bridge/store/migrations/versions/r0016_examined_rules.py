"""Verdicts on a helpdesk's own rules, and which of them were switched off.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import SafeText, UtcDateTime

revision = "0016"
down_revision: str | None = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "examined_rules",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("id", SafeText, primary_key=True),
        sa.Column("title", SafeText, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("detail", SafeText, nullable=False),
        sa.Column("proposal", sa.Text, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("switched_off_at", UtcDateTime),
        sa.Column("digest_off", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("examined_rules")
