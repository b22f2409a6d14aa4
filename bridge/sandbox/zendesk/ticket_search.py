"""Searching tickets, as far as a bridge needs it: by tag, status, group and whether a custom field is set."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.rules import CATEGORIES
from bridge.sandbox.zendesk.state import State

Test = Callable[[Record, str], bool]


def found_tickets(state: State, query: str) -> list[Record]:
    """The tickets that meet every word of a query; raises the 400 refusal for a word that it does not know."""
    tests = [(_test(word), word) for word in query.split() if word != "type:ticket"]
    there = (row for row in state.tickets.values() if row["status"] != "deleted")
    return [row for row in there if all(test(row, word) for test, word in tests)]


def _test(word: str) -> Test:
    for start, test in _TESTS.items():
        if word.startswith(start):
            return test
    raise error_responses.bad_request("invalid", f"The sandbox does not search for {word!r}")


def _has_tag(row: Record, word: str) -> bool:
    return bool(fnmatch.filter(row["tags"], word.removeprefix("tags:")))


def _is_before(row: Record, word: str) -> bool:
    return CATEGORIES.index(row["status"]) < CATEGORIES.index(word.removeprefix("status<"))


def _is_in_group(row: Record, word: str) -> bool:
    return str(row["group_id"]) == word.removeprefix("group_id:")


def _has_value(row: Record, word: str) -> bool:
    field, _, _ = word.removeprefix("custom_field_").partition(":")
    return row["custom_fields"].get(int(field)) not in (None, "", False, [])


_TESTS: dict[str, Test] = {
    "tags:": _has_tag,
    "status<": _is_before,
    "group_id:": _is_in_group,
    "custom_field_": _has_value,
}
