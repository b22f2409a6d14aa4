"""What an Odoo ticket proves when it is read again after a write: ``true`` does not mean applied. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mappings.coercion import Json
from mappings.odoo.vocabulary import many2many_ids, many2one_id
from mappings.verification import run_checks

Check = Callable[[Json], str | None]
"""Returns None when the ticket shows that an action was carried out, otherwise what is wrong."""
_TRUE_BUT = "Odoo accepted the write, but"


def verify(checks: Mapping[str, Iterable[Check]], ticket: Json, me: int) -> tuple[frozenset[str], dict[str, str]]:
    """Keys of the actions that were carried out, and for the others why not.

    A write is one transaction. If somebody else wrote last, they changed what differs now, and our values were on the
    ticket before. If we wrote last, an automation rule of Odoo changed them back.
    """
    if many2one_id(ticket.get("write_uid")) != me:
        return frozenset(checks), {}
    return run_checks(checks, ticket)


def field_is(name: str, wanted: Any) -> Check:
    """A field has this value; a reference to a record, this id."""

    def check(ticket: Json) -> str | None:
        found = ticket.get(name)
        if found == wanted or (isinstance(found, list) and many2one_id(found) == wanted):
            return None
        return f"{_TRUE_BUT} {name} is {found!r}, not {wanted!r}; does an automation rule change it back?"

    return check


def tag_is(tag: str, ids: Iterable[int], *, present: bool) -> Check:
    """One of the tags with that name is on the ticket, or none is."""
    meant = frozenset(ids)

    def check(ticket: Json) -> str | None:
        if meant.isdisjoint(many2many_ids(ticket.get("tag_ids"))) is not present:
            return None
        return f"{_TRUE_BUT} the tag {tag} is {'missing' if present else 'still there'}"

    return check


def none_left(activities: Iterable[int]) -> Check:
    """None of these activities is on the ticket."""
    meant = frozenset(activities)

    def check(ticket: Json) -> str | None:
        left = sorted(meant & set(many2many_ids(ticket.get("activity_ids"))))
        return f"{_TRUE_BUT} its activities {', '.join(map(str, left))} are still there" if left else None

    return check
