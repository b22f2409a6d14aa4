"""The identity of the installation: one row, made at the first start."""

from __future__ import annotations

import secrets
from datetime import datetime
from functools import cache

from sqlalchemy import Executable, select, update

from bridge.installation_id import InstallationId
from bridge.ports.audit import AuditEntry
from bridge.ports.installation import Identity
from bridge.store.audit import insert_audit_entry
from bridge.store.database import DatabasePart
from bridge.store.tables import installation
from bridge.store.upsert import insert


class SqlInstallation(DatabasePart):
    """Implements :class:`bridge.ports.installation.InstallationStore`."""

    def identity(self, now: datetime) -> Identity:
        return self._identity() or self._made(now)

    def take_over(self, identity: Identity, entry: AuditEntry) -> None:
        with self.database.write() as connection:
            connection.execute(_UPDATE, _row(identity))
            insert_audit_entry(connection, entry)

    def _identity(self) -> Identity | None:
        with self.database.read() as connection:
            row = connection.execute(_GET).first()
        found = InstallationId.of(row.id) if row else None
        return Identity(found, row.since) if row and found else None

    def _made(self, now: datetime) -> Identity:
        made = Identity(InstallationId.new(now, secrets.token_hex(2)), now)
        with self.database.write() as connection:
            connection.execute(_insert(connection.dialect.name), _row(made))
        return self._identity() or made  # another process may have been faster


def _row(identity: Identity) -> dict[str, object]:
    return {"name": _THIS, "id": str(identity.id), "since": identity.since}


_THIS = "this"
_GET = select(installation.c.id, installation.c.since).where(installation.c.name == _THIS)
_UPDATE = update(installation).where(installation.c.name == _THIS)


@cache
def _insert(dialect: str) -> Executable:
    return insert(dialect, installation).on_conflict_do_nothing()
