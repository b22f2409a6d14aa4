"""The client of an administrator, who waits for rate limits: nobody's ticket waits for a setup."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from bridge.config.zendesk_settings import ZendeskSettings
from bridge.errors import Denied, Forbidden, GiveUp, InputError, Retry, Unavailable
from bridge.helpdesks.http.waits import INSTALL_WAIT_S, RETRY_AFTER_S
from bridge.helpdesks.zendesk.client import Json, ZendeskClient

T = TypeVar("T")


class AdminClient(ZendeskClient):
    """Reads and writes the configuration of an account with an administrator's own credentials."""

    def __init__(self, settings: ZendeskSettings, name: str) -> None:
        """Sends nothing yet. Raises ``InputError`` where no administrator can sign in."""
        self._prefix = settings.prefix
        if not settings.has_admin_credentials:
            raise InputError(
                f"{self._prefix}ADMIN_OAUTH_CLIENT_ID: found no credentials of an administrator; set it and "
                f"{self._prefix}ADMIN_OAUTH_CLIENT_SECRET to an OAuth client that an administrator owns"
            )
        super().__init__(settings.as_admin(), name)

    def get(self, path: str, **params: str | int) -> Json:
        """One JSON object, after the rate limit allows it. Raises :mod:`bridge.errors` only."""
        get = super().get
        return self._patiently(lambda: get(path, **params))

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request that changes something, after the rate limit allows it. Raises :mod:`bridge.errors` only."""
        send = super().send
        return self._patiently(lambda: send(method, path, body))

    def require_admin(self) -> None:
        """Raises ``GiveUp`` if the credentials are not those of an administrator."""
        me: dict[str, Any] = self.get("users/me.json").get("user") or {}
        if me.get("role") != "admin":
            who = me.get("email") or "somebody unknown"
            raise GiveUp(
                f"{self._prefix}ADMIN_OAUTH_CLIENT_ID: signed in as {who} ({me.get('role')}); only an administrator "
                "may create fields and forms"
            )

    def _patiently(self, call: Callable[[], T]) -> T:
        """Repeat what a rate limit has refused: such a call has changed nothing. A lost response is not repeated."""
        waited = 0.0
        while True:
            try:
                return call()
            except Forbidden as error:
                advice = f"{self._prefix}ADMIN_OAUTH_CLIENT_ID must be of a user who may do this, with `read write`"
                raise GiveUp(f"{str(error).rpartition(';')[0].rstrip('.')}; {advice}") from error
            except Denied as error:
                advice = f"check {self._prefix}ADMIN_OAUTH_CLIENT_ID and _SECRET, and the scope `read write`"
                raise Denied(f"{str(error).rpartition(';')[0]}; {advice}", after=error.after) from error
            except Unavailable:
                raise
            except Retry as error:
                pause = error.after or RETRY_AFTER_S
                if waited + pause > INSTALL_WAIT_S:
                    raise
                time.sleep(pause)
                waited += pause
