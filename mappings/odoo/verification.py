"""What an Odoo ticket proves when it is read again after a write: true does not mean applied. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mappings.coercion import Json
from mappings.odoo.vocabulary import number, numbers

Check = Callable[[Json], str | None]
"""What is wrong with the ticket as it is now, or None when it shows that the action was carried out."""


def verify(checks: Mapping[str, Iterable[Check]], ticket: Json, me: int) -> tuple[frozenset[str], dict[str, str]]:
    """Keys that were carried out, and for the others why not.

    A write is one transaction. So what is different now was changed since where somebody else was the last to write,
    and a word that was overruled was said all the same; where it was ourselves, a rule of Odoo's own took it back.
    """
    if number(ticket.get("write_uid")) != me:
        return frozenset(checks), {}
    found = {key: next((fault for proof in owed if (fault := proof(ticket))), "") for key, owed in checks.items()}
    confirmed = frozenset(key for key, fault in found.items() if not fault)
    return confirmed, {key: fault for key, fault in found.items() if fault}


def field_is(name: str, wanted: Any) -> Check:
    """A field has this value; of a reference to a record, its id."""

    def proof(ticket: Json) -> str | None:
        found = ticket.get(name)
        if found == wanted or (isinstance(found, list) and number(found) == wanted):
            return None
        return f"Odoo took the write, but {name} is {found!r}, not {wanted!r}; does an automation rule put it back?"

    return proof


def tag_is(tag: str, ids: Iterable[int], *, present: bool) -> Check:
    """One of the tags of that name is there, or none is."""
    meant = frozenset(ids)

    def proof(ticket: Json) -> str | None:
        if meant.isdisjoint(numbers(ticket.get("tag_ids"))) is not present:
            return None
        return f"Odoo took the write, but the tag {tag} is {'missing' if present else 'still there'}"

    return proof
