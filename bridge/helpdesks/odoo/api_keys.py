"""Odoo's API keys, which last 90 days at most: when ours expires, and how it is renewed.

https://www.odoo.com/documentation/19.0/developer/reference/external_api.html ("API Key")

Odoo does not tell which of a user's keys is in use. A key that we created has our name. Before there is one, the key
that expires first is taken for ours, so that its end does not come as a surprise.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import mkstemp
from threading import Lock
from typing import TextIO

import structlog

from bridge.config.sources import read_secret, secret_file
from bridge.errors import GiveUp, HelpdeskError
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.transport import JSON2
from bridge.ports.helpdesk import Diagnosis
from bridge.redaction import remember

log = structlog.get_logger()

KEYS = "res.users.apikeys"
LIFETIME = timedelta(days=90)
"""The longest lifetime that Odoo allows for the keys of users who are not administrators (measured on 18 and 19)."""
SOON = 30
"""Days before the end when a key is renewed and ``doctor`` reports it."""
OUR_KEY = "policybridge, renewed by itself"
"""Name of the keys that we create."""


@dataclass(frozen=True)
class Key:
    """One API key of a user, as Odoo lists it."""

    name: str
    ends: date | None
    """The day on which it expires, in UTC; None: never."""

    def ends_soon(self, today: date) -> bool:
        return self.ends is not None and (self.ends - today).days <= SOON

    def described(self, today: date) -> str:
        """``the key 'bridge' expires on 2027-02-19, in 20 days``."""
        if self.ends is None:
            return f"the key {self.name!r} does not expire"
        return f"the key {self.name!r} expires on {self.ends}, in {(self.ends - today).days} days"


def key_in_use(client: OdooClient, today: date) -> Key | None:
    """The key in use, as far as Odoo tells; None if the user has no key and a password is used."""
    dated = "expiration_date" in client.fields_get(KEYS, ["type"])  # before Odoo 18 keys did not expire
    fields = ["name", "expiration_date"] if dated else ["name"]
    rows = client.search_read(KEYS, [("user_id", "=", client.uid)], fields, order="id")
    found = [Key(str(row["name"]), _day(row.get("expiration_date"))) for row in rows]
    alive = [key for key in found if key.ends is None or key.ends >= today]
    ours = [key for key in alive if key.name == OUR_KEY]
    return ours[-1] if ours else min(alive, key=lambda key: key.ends or date.max, default=None)


def examine_key(client: OdooClient, today: date) -> Iterator[Diagnosis]:
    """One line for ``doctor``: when the key expires and, if that is within :data:`SOON` days, what to do."""
    key = key_in_use(client, today)
    if key is None:
        yield Diagnosis("API key", ok=False, advice=f"a password is used instead of a key; {_advice(client)}")
    else:
        advice = f"; {_advice(client)}" if key.ends_soon(today) else ""
        yield Diagnosis("API key", ok=not advice, advice=key.described(today) + advice)


def rotate(client: OdooClient, today: date) -> str:
    """Replace a key that expires soon, if it is in a file and Odoo allows it. Run it once a day.

    Returns one line that says what was done or what an administrator has to do; empty if the key does not expire soon.
    The old key is revoked only when the new one works and is in the file, so a failure always leaves a working key.
    """
    key = key_in_use(client, today)
    if key is None or not key.ends_soon(today):
        return ""
    file = secret_file(client.names.key)
    if file is None or client.series < JSON2:
        return f"{key.described(today)}; {_advice(client)}"
    old, new = client.key, ""
    try:
        with _replacing(file.resolve()) as draft:
            new = client.call(
                KEYS, "generate", key=old, scope=None, name=OUR_KEY, expiration_date=str(today + LIFETIME)
            )
            remember(new)
            if not client.accepts(new):
                raise GiveUp("Odoo does not accept the key that it has just created")
            draft.write(new)
    except (OSError, HelpdeskError) as error:
        left = _revoke(client, new) if new else ""
        return f"{key.described(today)} and was not renewed: {error}{left}; {_advice(client)}"
    client.key = new
    return f"the API key was renewed in {file} and is valid until {today + LIFETIME}{_revoke(client, old)}"


class DailyKeyRenewal:
    """Runs :func:`rotate` once a day and logs its result."""

    def __init__(self, connection: str, client: OdooClient) -> None:
        self._connection, self._client = connection, client
        self._done: date | None = None
        self._turn = Lock()

    def run_if_due(self) -> None:
        """Renew the key if it expires soon, unless that was checked today or is being done by another thread."""
        today = datetime.now(UTC).date()
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._done != today:
                self._run(today)
        finally:
            self._turn.release()

    def _run(self, today: date) -> None:
        try:
            with _only_process(self._client):
                result = rotate(self._client, today)
        except GiveUp as error:
            result = str(error)
        self._done = today
        if result:
            log.warning("api_key", connection=self._connection, result=result)


def _revoke(client: OdooClient, key: str) -> str:
    """Revoke a key; returns why that was not possible, or an empty text."""
    try:
        client.call(KEYS, "revoke", key=key)
    except HelpdeskError as error:
        return f" (one that is no longer used stays valid until it expires: {error})"
    return ""


@contextmanager
def _only_process(client: OdooClient) -> Iterator[None]:
    """Hold the key's file, so that no other process renews the key as well; one that did has left a new key in it."""
    file = secret_file(client.names.key)
    if file is None:
        yield
        return
    folder = os.open(file.resolve().parent, os.O_RDONLY)  # the file itself is replaced
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        client.key = read_secret(client.names.key) or client.key
        yield
    finally:
        os.close(folder)


@contextmanager
def _replacing(file: Path) -> Iterator[TextIO]:
    """A file that replaces another one as a whole, readable by its owner only, unless the block raises."""
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


def _advice(client: OdooClient) -> str:
    file, name = secret_file(client.names.key), client.names.key
    create = "as the user of the bridge, create a new key in Odoo under Preferences > Account Security"
    if file:
        renewal = "; or set Odoo's system parameter base.enable_programmatic_api_keys to True to renew it automatically"
        return f"{create} and write it to {file}" + (renewal if client.series >= JSON2 else "")
    renewal = f"; it can be renewed automatically in a file named by {name}_FILE" if client.series >= JSON2 else ""
    return f"{create} and set {name} to it{renewal}"


def _day(text: object) -> date | None:
    return datetime.fromisoformat(text).date() if isinstance(text, str) else None
