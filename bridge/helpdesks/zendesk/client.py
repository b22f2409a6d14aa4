"""Talking to one Zendesk account: credentials, pacing, error sorting, zenpy. No policy, no mapping.

zenpy is the client for writes and configuration. Tickets, audits and the export are read as plain JSON over the same
session: zenpy drops side-loaded people, renames ``via.source.from``, and loops on the end of an export.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Lock, local
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from zenpy import Zenpy

from bridge.config.settings import ZendeskSettings
from bridge.errors import GiveUp, InputError, Retry
from bridge.helpdesks.http.rate_limit import RateLimiter, RateLimits, parse_rate_limit, parse_retry_after
from bridge.helpdesks.http.session import TIMEOUT, Session, server_time
from bridge.helpdesks.http.waits import NEEDS_ADMIN_PAUSE_S, RETRY_AFTER_S, TOKEN_RETRY_AFTER_S
from bridge.helpdesks.zendesk.errors import one_ticket_only, sort_out

Json = dict[str, Any]

EXPORTS_A_MINUTE = 10
"""Zendesk's limit on incremental exports, which it announces nowhere."""
_MOST_PAGES = 100

ACCOUNT, UPDATES, EXPORT = "account", "ticket updates", "incremental export"


class ZendeskClient:
    """One account, for all threads; each thread gets a session and a zenpy of its own (zenpy is not thread-safe)."""

    def __init__(self, settings: ZendeskSettings, clock: Callable[[], float] = time.monotonic) -> None:
        parts = urlsplit(settings.base_url)
        netloc = parts.netloc.replace("localhost", "127.0.0.1")
        self._subdomain, _, self._domain = netloc.partition(".")  # zenpy joins exactly these two
        if not self._domain:
            raise InputError(
                f"ZENDESK_URL: found {settings.base_url}; write the host with a dot: http://127.0.0.1:9000"
            )
        self._scheme = parts.scheme
        self.base = f"{parts.scheme}://{netloc}"
        self._direct = parts.scheme == "http"
        self._auth = _credentials(settings, self.base, self._direct, clock)
        self._limiter = RateLimiter(RateLimits({EXPORT: EXPORTS_A_MINUTE}), clock)
        self._threads = local()

    def get(self, path: str, **params: str | int) -> Json:
        """One JSON object. Raises :mod:`bridge.errors` only."""
        return self.dated(path, **params)[0]

    def dated(self, path: str, **params: str | int) -> tuple[Json, datetime | None]:
        """One JSON object, and when Zendesk gave it by its own clock, to the second; None where it does not say."""
        response = self._session.get(f"{self.base}/api/v2/{path}", params=params)
        found = response.json()
        if not isinstance(found, dict):
            raise Retry(f"Zendesk answered GET {path} with something that is not an object")
        return found, server_time(response)

    def pages(self, path: str, name: str, **params: str | int) -> Iterator[Json]:
        """The objects under ``name`` of all pages, by cursor or by offset, as Zendesk offers them.

        Only the query of a next link is used, so that no answer can send our credentials to another host.
        """
        query: dict[str, str | int] = {"page[size]": 100, **params}
        for _ in range(_MOST_PAGES):
            page = self.get(path, **query)
            if not isinstance(page.get(name), list):
                raise Retry(f"Zendesk answered GET {path} without {name}")
            yield from (item for item in page[name] if isinstance(item, dict))
            link = _next_link(page)
            if not link:
                return
            query = dict(parse_qsl(urlsplit(link).query))
        raise GiveUp(f"{path} has more than {_MOST_PAGES} pages; this ticket has to be handled by hand")

    @property
    def zenpy(self) -> Zenpy:
        """This thread's zenpy: no cache, no retries, our session."""
        if not hasattr(self._threads, "zenpy"):
            zenpy = Zenpy(
                subdomain=self._subdomain,
                domain=self._domain,
                session=self._session,
                anonymous=True,  # the session signs its requests itself
                timeout=TIMEOUT,
                disable_cache=True,
            )
            for api in vars(zenpy).values():
                if hasattr(api, "protocol"):
                    api.protocol = self._scheme
            self._threads.zenpy = zenpy
        return self._threads.zenpy

    @contextmanager
    def lane(self, *, urgent: bool) -> Iterator[None]:
        """Within it this thread's calls may, when urgent, use the reserve of the rate limits."""
        session = self._session
        before, session.urgent = session.urgent, urgent
        try:
            yield
        finally:
            session.urgent = before

    @property
    def _session(self) -> _ZendeskSession:
        if not hasattr(self._threads, "session"):
            self._threads.session = _ZendeskSession(self._auth, self._limiter, direct=self._direct)
        found: _ZendeskSession = self._threads.session
        return found


class _ZendeskSession(Session):
    """Signs, paces and sorts every call, whoever makes it."""

    def __init__(self, auth: AuthBase, limiter: RateLimiter, *, direct: bool) -> None:
        super().__init__(direct=direct)
        self.auth = auth
        self.urgent = False
        self._limiter = limiter

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send within the limits. Raises :mod:`bridge.errors` for everything that is not a success with JSON."""
        limits = limits_of(str(method), str(url))
        self._limiter.acquire(limits, urgent=self.urgent)
        response = super().request(method, url, *args, **kwargs)
        if response.status_code == 401 and isinstance(self.auth, OAuthTokens):
            self.auth.forget(response.request.headers.get("Authorization"))
            response = super().request(method, url, *args, **kwargs)
        self._limiter.update(limits_in(response.headers))
        if response.status_code == 429:
            seconds = parse_retry_after(response.headers, RETRY_AFTER_S)
            if not one_ticket_only(response):
                self._limiter.block(limits[-1:], seconds)  # the narrowest limit is the likeliest one
        sort_out(response, tickets=EXPORT not in limits)
        return response


class OAuthTokens(AuthBase):
    """Access tokens by client credentials, shared by all threads, renewed before they end."""

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
        """A token was refused: get another one, unless a neighbour already did."""
        with self._lock:
            if header == f"Bearer {self._token}":
                self._token = ""

    def _renew(self) -> None:
        secret = self._settings.oauth_client_secret
        wanted = {
            "grant_type": "client_credentials",
            "client_id": self._settings.oauth_client_id,
            "client_secret": secret.get_secret_value() if secret else "",
            "scope": self._settings.oauth_scope,
        }
        response = self._session.post(self._url, json=wanted)
        found: Json = {}
        with suppress(ValueError):
            found = dict(response.json())
        if response.status_code == 429 or response.status_code >= 500:
            raise Retry(
                "Zendesk gives no token now",
                after=parse_retry_after(response.headers, TOKEN_RETRY_AFTER_S),
                all_tickets=True,
            )
        if not (response.ok and found.get("access_token")):
            reason = found.get("error_description") or found.get("error") or f"status {response.status_code}"
            raise Retry(
                f"Zendesk refuses the OAuth client ({reason}); check ZENDESK_OAUTH_CLIENT_ID and _SECRET",
                after=NEEDS_ADMIN_PAUSE_S,
                all_tickets=True,
            )
        lifetime = float(found.get("expires_in") or 1800.0)
        self._token, self._renew_at = str(found["access_token"]), self._clock() + lifetime - min(60.0, lifetime / 10)


def _credentials(settings: ZendeskSettings, base: str, direct: bool, clock: Callable[[], float]) -> AuthBase:
    if not settings.is_legacy:
        return OAuthTokens(settings, base, Session(direct=direct), clock)
    token = settings.api_token.get_secret_value() if settings.api_token else ""
    return HTTPBasicAuth(f"{settings.email}/token", token)


def limits_of(method: str, url: str) -> tuple[str, ...]:
    """The names of the rate limits under which a call falls."""
    path = urlsplit(url).path
    if "/incremental/" in path:
        return (ACCOUNT, EXPORT)
    if method.upper() == "PUT" and "/api/v2/tickets/" in path:
        return (ACCOUNT, UPDATES)
    return (ACCOUNT,)


def limits_in(headers: Any) -> dict[str, tuple[int, int, float]]:
    """What an answer's headers say about limits: total, remaining, seconds until reset."""
    found = {}
    with suppress(KeyError, ValueError):
        reset = float(headers.get("rate-limit-reset") or headers.get("ratelimit-reset") or 60.0)
        found[ACCOUNT] = (int(headers["x-rate-limit"]), int(headers["x-rate-limit-remaining"]), reset)
    if updates := parse_rate_limit(headers.get("zendesk-rate-limit-tickets-update")):
        found[UPDATES] = updates
    return found


def _next_link(page: Json) -> str | None:
    meta, links = page.get("meta"), page.get("links")
    if isinstance(meta, dict) and isinstance(links, dict):
        return str(links["next"]) if meta.get("has_more") and links.get("next") else None
    return str(page["next_page"]) if page.get("next_page") else None
