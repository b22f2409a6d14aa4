"""What somebody gives with a form or a request of the API, such as a name, which nobody proves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

MAX_FORM = 10_000


def parameters() -> dict[str, Any] | None:
    """What the address of a request holds, and its form or JSON, which goes before; None: the JSON is no object.

    The address counts where the body is silent or empty: to ignore its ``connection`` or ``clause`` would stop or undo
    everything.
    """
    request.max_content_length = MAX_FORM
    body: Any = request.get_json(silent=True) if request.is_json else request.form
    if not isinstance(body, Mapping):
        return None
    return {**body, **{key: value for key, value in request.args.items() if body.get(key) in (None, "")}}


def given(key: str) -> str:
    """What a request gives under a key; empty text for nothing."""
    value = (parameters() or {}).get(key)
    return "" if value is None else str(value).strip()


def name_given() -> str:
    """Who did it: the name under ``by``, else the console."""
    return given("by") or "console"
