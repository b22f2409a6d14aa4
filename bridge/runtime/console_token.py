"""The console's token: configured, or made for an installation that has none, and shown once."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256

from bridge.config.settings import Settings
from bridge.errors import InputError
from bridge.ports.console_access import ConsoleAccessStore
from bridge.redaction import remember

VARIABLE = "POLICYBRIDGE_CONSOLE_TOKEN"


def digest_of(secret: str) -> str:
    """What is kept and compared of a secret. Secrets made by us are random, so a fast digest is safe."""
    return sha256(secret.encode()).hexdigest()


def current_digest(settings: Settings, store: ConsoleAccessStore) -> str | None:
    """Digest of the token that opens the console: the configured one, or else the one that was made; None: closed."""
    if settings.console_token:
        return digest_of(settings.console_token.get_secret_value())
    return store.console_token()


def first_token(settings: Settings, store: ConsoleAccessStore, now: datetime) -> str | None:
    """A token for an installation that has none, to be shown once; None: it has one."""
    if settings.console_token:
        return None
    token = _token()
    return token if store.keep_console_token(digest_of(token), now) else None


def new_token(settings: Settings, store: ConsoleAccessStore, now: datetime) -> str:
    """A token that replaces the one that was made before; it ends all sessions. Raises ``InputError``."""
    if settings.console_token:
        raise InputError(f"{VARIABLE} is set; set the new token there and restart")
    token = _token()
    store.keep_console_token(digest_of(token), now, replace=True)
    return token


def _token() -> str:
    token = secrets.token_urlsafe(32)
    remember(token)  # it is shown, not logged
    return token
