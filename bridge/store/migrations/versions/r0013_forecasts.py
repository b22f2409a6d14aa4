"""Forecasts of what would be done on each ticket, marks on them, and the mode in which each connection last ran.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from bridge.store.column_types import CompressedText, SafeText, UtcDateTime

revision = "0013"
down_revision: str | None = "0012"
branch_labels = None
depends_on = None

_WATCHING = """
UPDATE connections SET mode = 'shadow'
WHERE name IN (SELECT connection FROM withheld WHERE cause = 'mode' AND because = 'mode shadow')
"""
"""Of connections that wrote before nothing is recorded: they go on without a question."""


def upgrade() -> None:
    op.create_table(
        "preview_runs",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("finished", sa.Boolean, nullable=False),
    )
    op.create_table(
        "forecasts",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("ticket_id", SafeText, primary_key=True),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.create_table(
        "forecast_actions",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("ticket_id", SafeText, primary_key=True),
        sa.Column("key", SafeText, primary_key=True),
        sa.Column("due", UtcDateTime, nullable=False),
        sa.Column("urgency", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("pack", sa.Text, nullable=False),
        sa.Column("clause", SafeText, nullable=False),
        sa.Column("account", SafeText, nullable=False),
        sa.Column("subject", SafeText, nullable=False),
        sa.Column("action", CompressedText, nullable=False),
        sa.Column("cause", sa.Text),
        sa.Column("because", SafeText, nullable=False),
        sa.Column("is_expected", sa.Boolean, nullable=False),
    )
    op.create_index("forecast_actions_by_due", "forecast_actions", ["due"])
    op.create_table(
        "forecast_marks",
        sa.Column("connection", sa.Text, primary_key=True),
        sa.Column("ticket_id", SafeText, primary_key=True),
        sa.Column("clause", SafeText, primary_key=True),
        sa.Column("action", sa.Text, primary_key=True),
        sa.Column("value", SafeText, primary_key=True),
        sa.Column("is_right", sa.Boolean, nullable=False),
        sa.Column("because", SafeText, nullable=False),
        sa.Column("by", SafeText, nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
    )
    op.add_column("connections", sa.Column("mode", sa.Text))
    op.execute(_WATCHING)


def downgrade() -> None:
    op.drop_column("connections", "mode")
    op.drop_table("forecast_marks")
    op.drop_index("forecast_actions_by_due", "forecast_actions")
    op.drop_table("forecast_actions")
    op.drop_table("forecasts")
    op.drop_table("preview_runs")
