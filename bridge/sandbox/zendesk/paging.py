"""Lists in pages: by cursor (``page[size]``, ``page[after]``) and by offset (``page``, ``per_page``)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses

LARGEST = 100


def page(name: str, rows: Sequence[Any], base_url: str) -> Record:
    """One page of ``rows`` as the request asks for it, with the links to the next."""
    if any(key.startswith("page[") for key in request.args):
        return _by_cursor(name, rows, base_url)
    return _by_offset(name, rows, base_url)


def _by_cursor(name: str, rows: Sequence[Any], base_url: str) -> Record:
    size = _number("page[size]", LARGEST)
    after, before = request.args.get("page[after]"), request.args.get("page[before]")
    begin = _position(after) if after else max(0, _position(before) - size) if before else 0
    end = begin + size
    more = end < len(rows)
    meta = {"has_more": more, "after_cursor": _cursor(end), "before_cursor": _cursor(begin)}
    links = {
        "next": _link(base_url, {"page[size]": size, "page[after]": _cursor(end)}) if more else None,
        "prev": _link(base_url, {"page[size]": size, "page[before]": _cursor(begin)}) if begin else None,
    }
    return {name: list(rows[begin:end]), "meta": meta, "links": links}


def _by_offset(name: str, rows: Sequence[Any], base_url: str) -> Record:
    size, number = _number("per_page", LARGEST), max(1, _number("page", 1))
    begin, end = (number - 1) * size, number * size
    return {
        name: list(rows[begin:end]),
        "next_page": _link(base_url, {"page": number + 1, "per_page": size}) if end < len(rows) else None,
        "previous_page": _link(base_url, {"page": number - 1, "per_page": size}) if number > 1 else None,
        "count": len(rows),
    }


def _number(name: str, default: int) -> int:
    given = request.args.get(name, str(default))
    if not given.isdigit() or int(given) < 1:
        raise error_responses.bad_request("InvalidValue", f"{name} must be a positive number, not {given!r}")
    return int(given) if name == "page" else min(int(given), LARGEST)


def _link(base_url: str, changed: dict[str, Any]) -> str:
    kept = {key: value for key, value in request.args.items() if not key.startswith("page") and key != "per_page"}
    return f"{base_url}{request.path}.json?{urlencode({**kept, **changed})}"


def _cursor(position: int) -> str:
    return base64.urlsafe_b64encode(f"o:{position}".encode()).decode()


def _position(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("o:"))
    except (binascii.Error, ValueError):
        raise error_responses.bad_request("InvalidPaginationParameter", f"{cursor!r} is not a cursor") from None
