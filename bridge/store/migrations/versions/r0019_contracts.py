"""The contracts of the account of each pinned ticket; known from the next review on.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision: str | None = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pins", sa.Column("contracts", sa.Text, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("pins", "contracts")
