"""Install reports: the page of the first backtest, for the console.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import CompressedText, UtcDateTime

revision = "0018"
down_revision: str | None = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "install_reports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("page", CompressedText, nullable=False),
        sa.Column("made_at", UtcDateTime, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("install_reports")
