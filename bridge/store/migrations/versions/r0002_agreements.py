"""Approvals, and the policy versions by which tickets are evaluated.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"
branch_labels = None
depends_on = None


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=key, nullable=null)


def _instant(name: str, *, key: bool = False, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), primary_key=key, nullable=null)


def upgrade() -> None:
    op.add_column("reviews", _text("kept", null=True))
    op.create_table(
        "approvals",
        _text("id", key=True),
        _text("connection"),
        _text("ticket_id"),
        _text("gate"),
        sa.Column("granted", sa.Boolean(), nullable=False),
        _text("by"),
        _text("name"),
        _instant("at"),
        _text("remarks"),
        _instant("opened", null=True),
        _text("recorded_by"),
    )
    op.create_index("approvals_by_ticket", "approvals", ["connection", "ticket_id"])
    op.create_table(
        "policy_versions",
        _text("pack", key=True),
        _instant("since", key=True),
        _text("digest"),
        _text("version"),
        _text("change"),
        _instant("cutover", null=True),
    )
    op.create_table(
        "pins",
        _text("connection", key=True),
        _text("ticket_id", key=True),
        _text("pack"),
        _text("digest"),
        _text("basis"),
        _text("settled"),
    )
    op.create_table("accounts", _text("key", key=True), _text("words"))
    op.create_table("audit", _text("id", key=True), _instant("at"), _text("kind"), _text("detail"))
    op.create_index("audit_by_time", "audit", ["at"])


def downgrade() -> None:
    for table in ("audit", "accounts", "pins", "policy_versions", "approvals"):
        op.drop_table(table)
    with op.batch_alter_table("reviews") as reviews:
        reviews.drop_column("kept")
