"""The console's own token and the sessions of people who have logged in. Only digests are kept, never a secret."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Executable, bindparam, delete, select
from sqlalchemy import insert as plain_insert

from bridge.store.column_types import UtcDateTime
from bridge.store.database import DatabasePart
from bridge.store.tables import console_sessions, console_tokens
from bridge.store.upsert import insert

_CONSOLE = {"purpose": "console"}


class SqlConsoleAccess(DatabasePart):
    """Implements :class:`bridge.ports.console_access.ConsoleAccessStore`."""

    def console_token(self) -> str | None:
        with self.database.read() as connection:
            return connection.scalar(_GET_TOKEN, _CONSOLE)

    def keep_console_token(self, digest: str, at: datetime, *, replace: bool = False) -> bool:
        with self.database.write() as connection:
            if replace:
                connection.execute(_DELETE_TOKEN, _CONSOLE)
            row = {**_CONSOLE, "digest": digest, "made_at": at}
            return connection.execute(_insert_token(connection.dialect.name), row).first() is not None

    def open_session(self, digest: str, token: str, now: datetime, expires: datetime) -> None:
        with self.database.write() as connection:
            connection.execute(_DELETE_EXPIRED, {"now": now})
            connection.execute(_INSERT_SESSION, {"digest": digest, "token": token, "expires": expires})

    def is_session(self, digest: str, token: str, now: datetime) -> bool:
        with self.database.read() as connection:
            return connection.scalar(_GET_SESSION, {"of_digest": digest, "of_token": token, "now": now}) is not None

    def end_session(self, digest: str) -> None:
        with self.database.write() as connection:
            connection.execute(_DELETE_SESSION, {"of_digest": digest})


@cache
def _insert_token(dialect: str) -> Executable:
    return insert(dialect, console_tokens).on_conflict_do_nothing().returning(console_tokens.c.purpose)


_OF_PURPOSE = console_tokens.c.purpose == bindparam("purpose")
_GET_TOKEN = select(console_tokens.c.digest).where(_OF_PURPOSE)
_DELETE_TOKEN = delete(console_tokens).where(_OF_PURPOSE)
_INSERT_SESSION = plain_insert(console_sessions)
_OF_DIGEST = console_sessions.c.digest == bindparam("of_digest")
_NOW = bindparam("now", type_=UtcDateTime)
_GET_SESSION = select(console_sessions.c.digest).where(
    _OF_DIGEST, console_sessions.c.token == bindparam("of_token"), console_sessions.c.expires > _NOW
)
_DELETE_SESSION = delete(console_sessions).where(_OF_DIGEST)
_DELETE_EXPIRED = delete(console_sessions).where(console_sessions.c.expires <= _NOW)
