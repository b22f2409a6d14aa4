"""What the tables share: the schema that they belong to, the key of a ticket, and indexes of some of their rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ColumnElement, Index, MetaData, Text

from bridge.store.column_types import SafeText

metadata = MetaData()


def ticket_key() -> tuple[Column[Any], Column[Any]]:
    """The columns that say which ticket a row is about, as the first part of its primary key."""
    return Column("connection", Text, primary_key=True), Column("ticket_id", SafeText, primary_key=True)


def partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool]) -> Index:
    """An index of the rows for which a condition holds, on both engines."""
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)
