"""The shape of what the sandboxes keep and send: JSON objects."""

from __future__ import annotations

from typing import Any

Record = dict[str, Any]
"""A JSON object, such as a ticket as an API writes it."""
