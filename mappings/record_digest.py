"""A short digest of a record, to see later whether anybody has changed it."""

from __future__ import annotations

import json
from hashlib import sha256

from mappings.coercion import Json

_MOVES_BY_ITSELF = frozenset({"updated_at", "created_at", "url"})
"""Attributes that say nothing about what the record does."""


def digest_of(record: Json) -> str:
    """Twelve letters that change with the record."""
    kept = {name: value for name, value in record.items() if name not in _MOVES_BY_ITSELF}
    return sha256(json.dumps(kept, sort_keys=True, default=str).encode()).hexdigest()[:12]
