"""Texts of packs are recorded with their current keys; the tables stay the same.

Versions that read only the older words could not evaluate a ticket pinned to such a text. They refuse this revision.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

revision = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Older texts stay as they are, under their digests: they are translated when they are read."""


def downgrade() -> None:
    """Nothing to undo."""
