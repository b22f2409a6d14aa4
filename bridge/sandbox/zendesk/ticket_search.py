"""Searching tickets, as far as a bridge needs it: by status, tag, group, and whether a custom field is set."""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import eq, ge, gt, le, lt

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.rules import CATEGORIES
from bridge.sandbox.zendesk.state import State

Test = Callable[[Record], bool]

_COMPARE: dict[str, Callable[[int, int], bool]] = {":": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


def found_tickets(state: State, query: str) -> list[Record]:
    """The tickets that meet every word of a query; raises the 400 refusal for a word that it does not know."""
    tests = [_test(word) for word in query.split() if word != "type:ticket"]
    there = (row for row in state.tickets.values() if row["status"] != "deleted")
    return [row for row in there if all(test(row) for test in tests)]


def _test(word: str) -> Test:
    for pattern, test in _TESTS.items():
        if found := re.fullmatch(pattern, word):
            return test(found)
    raise error_responses.bad_request("InvalidValue", f"the sandbox does not search for {word!r}")


def _by_status(found: re.Match[str]) -> Test:
    compare, wanted = _COMPARE[found[1]], CATEGORIES.index(found[2])
    return lambda row: compare(CATEGORIES.index(row["status"]), wanted)


def _has_value(found: re.Match[str]) -> Test:
    return lambda row: row["custom_fields"].get(int(found[1])) not in (None, "", False, [])


_TESTS: dict[str, Callable[[re.Match[str]], Test]] = {
    rf"status(:|<=|>=|<|>)({'|'.join(CATEGORIES)})": _by_status,
    r"tags:([^*]+)": lambda found: lambda row: found[1] in row["tags"],
    r"group_id:(\d+)": lambda found: lambda row: str(row["group_id"]) == found[1],
    r"custom_field_(\d+):\*": _has_value,
}
