"""The name that somebody gives with a form or a request of the API; nobody proves it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

MAX_FORM = 10_000


def given(key: str) -> str:
    """What a form, or the JSON of a request, holds under a key; empty text for nothing."""
    request.max_content_length = MAX_FORM
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    value = body.get(key) if isinstance(body, Mapping) else None
    return "" if value is None else str(value).strip()


def name_given() -> str:
    """Who did it: the name under ``by``, else the console."""
    return given("by") or "console"
