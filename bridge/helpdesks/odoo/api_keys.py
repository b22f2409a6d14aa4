"""Odoo's API keys, which end after 90 days at most: how long ours lasts, and another one in good time.

Odoo does not tell which of a user's keys a call was made with. A key made here is ours by its name; before there is
one, the key that ends first is taken for ours, so that no end comes unawares.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import mkstemp
from typing import TextIO

from bridge.config.sources import secret_file
from bridge.errors import GiveUp, HelpdeskError
from bridge.helpdesks.odoo.client import JSON2, OdooClient
from bridge.ports.helpdesk import Diagnosis

KEYS = "res.users.apikeys"
LIFETIME = timedelta(days=90)
"""The longest that Odoo gives a key of somebody who is no administrator."""
SOON = 30
"""Days before the end from which on a key is renewed, and ``doctor`` complains."""
OURS = "policybridge, renewed by itself"


@dataclass(frozen=True)
class Key:
    """One API key of a user, as Odoo lists it."""

    name: str
    ends: date | None
    """The day of its end, by UTC; None: it has none."""

    def ends_soon(self, today: date) -> bool:
        return self.ends is not None and (self.ends - today).days <= SOON

    def described(self, today: date) -> str:
        """``the key 'bridge' ends on 2027-02-19, in 20 days``."""
        if self.ends is None:
            return f"the key {self.name!r} has no end"
        return f"the key {self.name!r} ends on {self.ends}, in {(self.ends - today).days} days"


def key_in_use(client: OdooClient, today: date) -> Key | None:
    """The key that calls are made with, as far as Odoo tells; None when it lists none: a password is used."""
    dated = "expiration_date" in client.fields_get(KEYS, ["type"])  # before Odoo 18 keys had no end
    fields = ["name", "expiration_date"] if dated else ["name"]
    rows = client.search_read(KEYS, [("user_id", "=", client.uid)], fields, order="id")
    found = [Key(str(row["name"]), _day(row.get("expiration_date"))) for row in rows]
    alive = [key for key in found if key.ends is None or key.ends >= today]
    ours = [key for key in alive if key.name == OURS]
    return ours[-1] if ours else min(alive, key=lambda key: key.ends or date.max, default=None)


def examine_key(client: OdooClient, today: date) -> Iterator[Diagnosis]:
    """One line for ``doctor``: how long the key lasts, and in its last :data:`SOON` days what to do."""
    key = key_in_use(client, today)
    if key is None:
        yield Diagnosis("API key", ok=False, advice=f"no key but a password is used; {_by_hand(client)}")
    else:
        advice = f"; {_by_hand(client)}" if key.ends_soon(today) else ""
        yield Diagnosis("API key", ok=not advice, advice=key.described(today) + advice)


def rotate(client: OdooClient, today: date) -> str:
    """Replace a key that ends soon, where it stands in a file and Odoo lets us; meant for once a day.

    Tells in one line what was done, or what a person has to do; empty when the key lasts. The old key is revoked when
    the new one has proved to work and is in the file, so whatever fails in between leaves a key that works there.
    """
    key = key_in_use(client, today)
    if key is None or not key.ends_soon(today):
        return ""
    file = secret_file(client.names.key)
    if file is None or client.series < JSON2:
        return f"{key.described(today)}; {_by_hand(client)}"
    old, new = client.key, ""
    try:
        with _replacing(file.resolve()) as draft:
            new = client.call(KEYS, "generate", key=old, scope=None, name=OURS, expiration_date=str(today + LIFETIME))
            if not client.accepts(new):
                raise GiveUp("Odoo does not take the key that it has just made")
            draft.write(new)
    except (OSError, HelpdeskError) as error:
        left = _revoke(client, new) if new else ""
        return f"{key.described(today)} and was not renewed: {error}{left}; {_by_hand(client)}"
    client.key = new
    return f"the API key was renewed in {file} and lasts until {today + LIFETIME}{_revoke(client, old)}"


def _revoke(client: OdooClient, key: str) -> str:
    """End a key; tells why that was not possible."""
    try:
        client.call(KEYS, "revoke", key=key)
    except HelpdeskError as error:
        return f" (one that is not used any more is left until it ends: {error})"
    return ""


@contextmanager
def _replacing(file: Path) -> Iterator[TextIO]:
    """What is written takes the place of the file, whole and for its owner alone, unless the block ends in an error."""
    handle, name = mkstemp(dir=file.parent, prefix=f".{file.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            yield stream
            stream.flush()
            os.fsync(handle)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _by_hand(client: OdooClient) -> str:
    file, name = secret_file(client.names.key), client.names.key
    made = "as its user, make another key in Odoo under Preferences > Account Security"
    if file:
        by_itself = "; or set Odoo's system parameter base.enable_programmatic_api_keys to True, and it renews itself"
        return f"{made} and write it into {file}" + (by_itself if client.series >= JSON2 else "")
    by_itself = f"; in a file that {name}_FILE names it can renew itself" if client.series >= JSON2 else ""
    return f"{made} and set {name} to it{by_itself}"


def _day(text: object) -> date | None:
    return datetime.fromisoformat(text).date() if isinstance(text, str) else None
