"""Until when each pinned ticket was only watched; known from the next review on.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import UtcDateTime

revision = "0020"
down_revision: str | None = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pins", sa.Column("watched_until", UtcDateTime))


def downgrade() -> None:
    op.drop_column("pins", "watched_until")
