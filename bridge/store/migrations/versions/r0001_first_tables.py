"""First tables.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def _text(name: str, *, key: bool = False, null: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), primary_key=key, nullable=null)


def _instant(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=null)


def _partial_index(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    _queue()
    _record()


def _queue() -> None:
    op.create_table(
        "deliveries",
        _text("connection", key=True),
        _text("id", key=True),
        _instant("received_at"),
        _text("headers", null=True),
        sa.Column("body", sa.LargeBinary()),
        _text("verdict"),
    )
    op.create_index("deliveries_by_verdict", "deliveries", ["verdict"])
    _partial_index("deliveries_with_body", "deliveries", ["received_at"], "body IS NOT NULL")
    op.create_table(
        "delivery_tickets", _text("connection", key=True), _text("delivery_id", key=True), _text("ticket_id", key=True)
    )
    op.create_table(
        "rejections",
        _text("connection", key=True),
        _text("reason", key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("count", sa.Integer(), nullable=False),
    )
    op.create_table(
        "tickets",
        _text("connection", key=True),
        _text("id", key=True),
        _instant("due", null=True),
        sa.Column("generation", sa.Integer(), nullable=False),
        _text("owner", null=True),
        _instant("lease_until", null=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _text("why"),
        _text("parked", null=True),
        _instant("reviewed_at", null=True),
        _text("version"),
        _text("account", null=True),
        _text("subject"),
        sa.Column("open", sa.Boolean(), nullable=False),
        _text("snapshot", null=True),
    )
    _partial_index("tickets_due", "tickets", ["due"], "due IS NOT NULL")
    _partial_index("tickets_parked", "tickets", ["reviewed_at"], "parked IS NOT NULL")
    _partial_index("tickets_open_by_account", "tickets", ["connection", "account"], "open")
    op.create_table(
        "connections", _text("name", key=True), _instant("not_before", null=True), _text("cursor", null=True)
    )


def _record() -> None:
    op.create_table(
        "reviews",
        _text("id", key=True),
        _text("connection"),
        _text("ticket_id"),
        _instant("at"),
        _text("why"),
        _text("outcome"),
        _text("detail"),
        _text("ticket", null=True),
        _text("account", null=True),
        _text("decision", null=True),
        _text("plan", null=True),
        _text("digest", null=True),
    )
    op.create_index("reviews_by_ticket", "reviews", ["connection", "ticket_id", "at"])
    op.create_index("reviews_by_time", "reviews", ["at"])
    op.create_table("packs", _text("digest", key=True), _text("text"))
    op.create_table(
        "effects",
        _text("connection", key=True),
        _text("ticket_id", key=True),
        _text("key", key=True),
        _text("action"),
        _text("field"),
        _text("value"),
        _text("cite"),
        _text("review"),
        _instant("at"),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
    )


def downgrade() -> None:
    for table in (
        "effects",
        "packs",
        "reviews",
        "connections",
        "tickets",
        "rejections",
        "delivery_tickets",
        "deliveries",
    ):
        op.drop_table(table)
