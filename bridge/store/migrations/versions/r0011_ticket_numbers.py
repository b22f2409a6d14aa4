"""What people call a ticket, where that is not its id; filled in by the next review of each.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.tables import SafeText

revision = "0011"
down_revision: str | None = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tickets", sa.Column("number", SafeText))


def downgrade() -> None:
    op.drop_column("tickets", "number")
