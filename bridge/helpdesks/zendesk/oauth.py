"""Access tokens of Zendesk by OAuth client credentials.

https://developer.zendesk.com/documentation/api-basics/authentication/oauth-migration/
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

import requests
from requests.auth import AuthBase

from bridge.config.zendesk_settings import ZendeskSettings
from bridge.errors import Denied, Unavailable
from bridge.helpdesks.http.rate_limit import parse_retry_after
from bridge.helpdesks.http.session import Session
from bridge.helpdesks.http.waits import NEEDS_ADMIN_PAUSE_S, TOKEN_RETRY_AFTER_S
from bridge.redaction import remember

DEFAULT_LIFETIME_S = 1800.0
"""Lifetime of a token if Zendesk does not state it: the default of clients created since 30 April 2026."""
_RENEW_BEFORE_END_S = 60.0


class OAuthTokens(AuthBase):
    """Signs requests with an access token, shared by all threads and renewed before it expires."""

    def __init__(self, settings: ZendeskSettings, base: str, session: Session, clock: Callable[[], float]) -> None:
        self._settings, self._url, self._session, self._clock = settings, f"{base}/oauth/tokens", session, clock
        self._token, self._renew_at = "", 0.0
        self._lock = Lock()

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        with self._lock:
            if not self._token or self._clock() >= self._renew_at:
                self._renew()
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def forget(self, header: str | None) -> None:
        """Discard a token that was refused, unless another thread has replaced it already."""
        with self._lock:
            if header == f"Bearer {self._token}":
                self._token = ""

    def _renew(self) -> None:
        response = self._session.post(self._url, json=self._token_request())
        found: dict[str, Any] = {}
        with suppress(ValueError):
            found = dict(response.json())
        if response.status_code == 429 or response.status_code >= 500:
            after = parse_retry_after(response.headers, TOKEN_RETRY_AFTER_S)
            why = "the rate limit is used up" if response.status_code == 429 else f"status {response.status_code}"
            raise Unavailable(f"Zendesk issues no OAuth token at the moment: {why}", after=after, all_tickets=True)
        if not (response.ok and found.get("access_token")):
            reason = found.get("error_description") or found.get("error") or f"status {response.status_code}"
            raise Denied(
                f"Zendesk refuses the OAuth client ({reason}); check ZENDESK_OAUTH_CLIENT_ID and _SECRET",
                after=NEEDS_ADMIN_PAUSE_S,
            )
        lifetime = float(found.get("expires_in") or DEFAULT_LIFETIME_S)
        self._token = str(found["access_token"])
        remember(self._token)
        self._renew_at = self._clock() + lifetime - min(_RENEW_BEFORE_END_S, lifetime / 10)

    def _token_request(self) -> dict[str, Any]:
        secret = self._settings.oauth_client_secret
        return {
            "grant_type": "client_credentials",
            "client_id": self._settings.oauth_client_id,
            "client_secret": secret.get_secret_value() if secret else "",
            "scope": self._settings.oauth_scope,
        }
