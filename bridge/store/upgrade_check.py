"""What an upgrade would meet in a database, read without changing anything there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from bridge.store.database import is_missing, open_database
from bridge.store.migrate import SchemaState, schema_of
from bridge.store.tables import packs


@dataclass(frozen=True)
class RecordedState:
    """The schema of a database, and the pack texts that its tickets may be pinned to."""

    schema: SchemaState | None
    """None: there are no tables yet."""
    texts: tuple[dict[str, Any], ...]


def recorded_state(url: str) -> RecordedState:
    """Read the database of another version of this program.

    Raises ``InputError`` for a URL it does not understand, ``Retry`` when the database cannot be reached and
    ``BridgeError`` when a newer version has written it.
    """
    if is_missing(url):
        return RecordedState(None, ())
    database = open_database(url)
    try:
        schema = schema_of(database)
        if schema.found is None:
            return RecordedState(None, ())
        with database.read() as connection:
            texts = connection.scalars(select(packs.c.text).order_by(packs.c.digest))
            return RecordedState(schema, tuple(json.loads(text) for text in texts))
    finally:
        database.close()
