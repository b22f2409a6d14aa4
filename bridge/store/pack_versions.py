"""The texts of packs, since when each is in force, and the text that each ticket is pinned to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Executable, Text, bindparam, delete, select, update

from bridge.decision import KeptClocks
from bridge.errors import Conflict
from bridge.ports.audit import AuditEntry
from bridge.ports.outcomes import ReviewCause
from bridge.ports.versions import Contract, PackVersion, Pin
from bridge.store.audit import insert_audit_entry
from bridge.store.column_types import SafeText, UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.leases import end_lease
from bridge.store.tables import packs, pins, policy_versions, tickets
from bridge.store.upsert import insert
from bridge.store.wake import wake
from bridge.ticket import TicketRef


class SqlPackVersions(DatabasePart):
    """Implements :class:`bridge.ports.versions.VersionStore`."""

    def pack_versions(self) -> list[PackVersion]:
        with self.database.read() as connection:
            return [PackVersion(**row) for row in connection.execute(_LIST_VERSIONS).mappings()]

    def pack_text(self, digest: str) -> dict[str, Any] | None:
        with self.database.read() as connection:
            found = connection.scalar(_GET_TEXT, {"of_digest": digest})
        return None if found is None else dict(json.loads(found))

    def announce_version(self, version: PackVersion, text: Mapping[str, Any], now: datetime) -> None:
        with self.database.write() as connection:
            connection.execute(_DELETE_VERSIONS_NEVER_IN_FORCE, {"of_pack": version.pack, "now": now})
            insert_pack_text(connection, version.digest, json.dumps(text, default=str))
            connection.execute(_insert_version(connection.dialect.name), asdict(version))
            if version.change != "new_only":
                opened = connection.execute(_LIST_OPEN_TICKETS)
                dues = {TicketRef(connection=row.connection, id=row.id): now for row in opened}
                wake(connection, dues, ReviewCause.POLICY)

    def pin(self, ref: TicketRef) -> Pin | None:
        with self.database.read() as connection:
            row = connection.execute(_GET_PIN, _of(ref)).first()
        if row is None:
            return None
        settled, contracts = KeptClocks.model_validate_json(row.settled), _CONTRACTS.validate_json(row.contracts)
        return Pin(row.pack, row.digest, row.basis, settled, row.since, contracts, row.watched_until)

    def repin(self, ref: TicketRef, before: Pin, digest: str, entry: AuditEntry) -> None:
        with self.database.write() as connection:
            if not end_lease(connection, ref, entry.at):
                raise Conflict(f"{ref} is under review at this moment; run the command again")
            if connection.execute(_REPIN, _of(ref) | {"old": before.digest, "new": digest}).rowcount != 1:
                raise Conflict(f"{ref} has been pinned to another text meanwhile; run the command again")
            if connection.scalar(_IS_OPEN, _of(ref)):
                wake(connection, {ref: entry.at}, ReviewCause.REPIN)
            insert_audit_entry(connection, entry)


def insert_pack_text(connection: Connection, digest: str, text: str) -> None:
    """Store the text of a pack, unless it is stored already."""
    connection.execute(_insert_text(connection.dialect.name), {"digest": digest, "text": text})


def upsert_pin(connection: Connection, ref: TicketRef, pin: Pin) -> None:
    """Keep the pin of a ticket, in place of the one before."""
    row = {"pack": pin.pack, "digest": pin.digest, "basis": pin.basis, "since": pin.since}
    row |= {"watched_until": pin.watched_until}
    row |= {"settled": pin.settled.model_dump_json(), "contracts": _CONTRACTS.dump_json(pin.contracts).decode()}
    connection.execute(_upsert_pin(connection.dialect.name), row | {"connection": ref.connection, "ticket_id": ref.id})


def _of(ref: TicketRef) -> dict[str, object]:
    return {"of_connection": ref.connection, "of_id": ref.id}


@cache
def _upsert_pin(dialect: str) -> Executable:
    new = insert(dialect, pins)
    renewed = ("pack", "digest", "basis", "settled", "since", "contracts", "watched_until")
    return new.on_conflict_do_update(
        index_elements=list(pins.primary_key), set_={name: new.excluded[name] for name in renewed}
    )


@cache
def _insert_text(dialect: str) -> Executable:
    return insert(dialect, packs).on_conflict_do_nothing()


@cache
def _insert_version(dialect: str) -> Executable:
    return insert(dialect, policy_versions).on_conflict_do_nothing()


_CONTRACTS = TypeAdapter(tuple[Contract, ...])
_CONNECTION = bindparam("of_connection", type_=Text)
_ID = bindparam("of_id", type_=SafeText)
_IS_PIN_OF_TICKET = (pins.c.connection == _CONNECTION, pins.c.ticket_id == _ID)
_GET_PIN = select(pins).where(*_IS_PIN_OF_TICKET)
_REPIN = update(pins).where(*_IS_PIN_OF_TICKET, pins.c.digest == bindparam("old")).values(digest=bindparam("new"))
_IS_OPEN = select(tickets.c.open).where(tickets.c.connection == _CONNECTION, tickets.c.id == _ID)
_LIST_OPEN_TICKETS = select(tickets.c.connection, tickets.c.id).where(tickets.c.open)
_LIST_VERSIONS = select(policy_versions).order_by(policy_versions.c.since, policy_versions.c.digest)
_DELETE_VERSIONS_NEVER_IN_FORCE = delete(policy_versions).where(
    policy_versions.c.pack == bindparam("of_pack"), policy_versions.c.since > bindparam("now", type_=UtcDateTime)
)
_GET_TEXT = select(packs.c.text).where(packs.c.digest == bindparam("of_digest"))
