"""What people call a ticket, where that is not its id; filled in by the next review of each.

Revision ID: 0012
Revises: 0011
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import SafeText

revision = "0012"
down_revision: str | None = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("number", SafeText))


def downgrade() -> None:
    op.drop_column("tickets", "number")
