"""Which texts of packs reviews still refer to, without reading the reviews.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision: str | None = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("reviews_by_digest", "reviews", ["digest"])


def downgrade() -> None:
    op.drop_index("reviews_by_digest", "reviews")
