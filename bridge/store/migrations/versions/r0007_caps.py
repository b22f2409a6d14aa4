"""What counts towards caps in the ledger, and what a person has released.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import SafeText

revision = "0007"
down_revision: str | None = "0006"
branch_labels = None
depends_on = None

_KINDS = """
    UPDATE effects SET kind = CASE
        WHEN action = 'public_message' THEN 'customer_messages'
        WHEN field = 'status' AND value IN ('"solved"', '"closed"') THEN 'closings'
        WHEN field = 'status' THEN 'status_changes'
        WHEN field IN ('group', 'assignee', 'tier') THEN 'reassignments'
    END
"""


def upgrade() -> None:
    op.add_column("effects", sa.Column("kind", sa.Text))
    op.execute(_KINDS)
    is_counted = sa.text("kind IS NOT NULL")
    op.create_index("effects_counted", "effects", ["at"], sqlite_where=is_counted, postgresql_where=is_counted)
    for name in ("kind", "cap"):
        op.add_column("withheld", sa.Column(name, sa.Text))
    op.add_column("withheld", sa.Column("released", SafeText))


def downgrade() -> None:
    with op.batch_alter_table("withheld") as withheld:
        for name in ("released", "cap", "kind"):
            withheld.drop_column(name)
    op.drop_index("effects_counted", "effects")
    with op.batch_alter_table("effects") as effects:
        effects.drop_column("kind")
