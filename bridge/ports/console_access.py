"""Who may use the console: its own token, and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class ConsoleAccessStore(Protocol):
    """Keeps digests of the console's token and of sessions, so that sessions end everywhere at once."""

    def console_token(self) -> str | None:
        """Digest of the token that was made for this installation; None: none was made."""

    def keep_console_token(self, digest: str, at: datetime, *, replace: bool = False) -> bool:
        """Keep the digest of a new token. False: there is one already, which stays unless it is replaced."""

    def open_session(self, digest: str, token: str, now: datetime, expires: datetime) -> None:
        """Begin a session that lasts while this token is the console's, until it expires."""

    def is_session(self, digest: str, token: str, now: datetime) -> bool:
        """Whether a session was begun with this token, and neither ended nor expired."""

    def end_session(self, digest: str) -> None:
        """End a session."""
