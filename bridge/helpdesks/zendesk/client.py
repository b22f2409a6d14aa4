"""The HTTP client of one Zendesk account: credentials, rate limits, errors. No policy, no mapping.

zenpy is used for writes and configuration. Tickets, audits and the export are read as plain JSON over the same session,
because zenpy drops side-loaded users, renames ``via.source.from`` and does not end at the end of an export
(https://github.com/facetoe/zenpy/issues/451).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import local
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.auth import AuthBase, HTTPBasicAuth
from zenpy import Zenpy

from bridge.config.zendesk_settings import ZendeskSettings
from bridge.errors import GiveUp, InputError, Unavailable
from bridge.helpdesks.http.rate_limit import Precedence, RateLimiter, RateLimits, parse_retry_after
from bridge.helpdesks.http.session import TIMEOUT, Session, server_time
from bridge.helpdesks.http.waits import RETRY_AFTER_S
from bridge.helpdesks.zendesk.errors import raise_for_status
from bridge.helpdesks.zendesk.limits import UNANNOUNCED, is_for_one_ticket, limits_in, limits_of
from bridge.helpdesks.zendesk.oauth import OAuthTokens
from bridge.machine_clock import ClockCheck
from bridge.ports.call_budget import DrawFromBudget, unlimited
from bridge.ports.helpdesk import BeforeWrite, always_write

Json = dict[str, Any]

MAX_PAGES = 100


class ZendeskClient:
    """The client of one account, shared by all threads. Each thread has its own session and zenpy, which is not
    thread-safe."""

    def __init__(
        self,
        settings: ZendeskSettings,
        name: str = "zendesk",
        clock: Callable[[], float] = time.monotonic,
        before_write: BeforeWrite = always_write,
        draw: DrawFromBudget = unlimited,
    ) -> None:
        """``name``: of the connection, for the log. ``draw``: from what all processes may use of the rate limits.

        Sends nothing yet. Raises ``InputError``.
        """
        self.name = name
        parts = urlsplit(settings.base_url)
        netloc = parts.netloc.replace("localhost", "127.0.0.1")
        self._subdomain, _, self._domain = netloc.partition(".")  # zenpy joins exactly these two
        if not self._domain:
            raise InputError(
                f"ZENDESK_URL: found {settings.base_url}; use a host name with a dot, such as http://127.0.0.1:9000"
            )
        self._scheme = parts.scheme
        self.base = f"{parts.scheme}://{netloc}"
        self._direct = parts.scheme == "http"
        self._headers = settings.marketplace_headers
        self._auth = _credentials(settings, self.base, self._direct, clock)
        self._limiter = RateLimiter(RateLimits(UNANNOUNCED, settings.api_share), clock, draw=draw)
        self._before_write = before_write
        self.clock_check = ClockCheck("Zendesk")
        self._threads = local()

    def get(self, path: str, **params: str | int) -> Json:
        """One JSON object. Raises :mod:`bridge.errors` only."""
        return self.get_with_time(path, **params)[0]

    def get_with_time(self, path: str, **params: str | int) -> tuple[Json, datetime | None]:
        """One JSON object, and the time by Zendesk's clock in whole seconds, or None if it does not say."""
        response = self._session.get(f"{self.base}/api/v2/{path}", params=params)
        found = response.json()
        if not isinstance(found, dict):
            raise Unavailable(f"Zendesk's response to GET {path} is not a JSON object")
        return found, server_time(response)

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """One request that changes something, and its JSON, empty without one. Raises :mod:`bridge.errors` only."""
        response = self._session.request(method, f"{self.base}/api/v2/{path}", json=body)
        found = response.json() if response.content else {}
        return found if isinstance(found, dict) else {}

    def pages(self, path: str, name: str, **params: str | int) -> Iterator[Json]:
        """The objects under ``name`` on all pages, whether Zendesk uses cursors or offsets.

        Only the query of the next link is used, so a response cannot send our credentials to another host.
        """
        query: dict[str, str | int] = {"page[size]": 100, **params}
        for _ in range(MAX_PAGES):
            page = self.get(path, **query)
            if not isinstance(page.get(name), list):
                raise Unavailable(f"Zendesk's response to GET {path} has no {name}")
            yield from (item for item in page[name] if isinstance(item, dict))
            link = _next_link(page)
            if not link:
                return
            query = dict(parse_qsl(urlsplit(link).query))
        raise GiveUp(f"{path} has more than {MAX_PAGES} pages; handle this ticket manually")

    @property
    def zenpy(self) -> Zenpy:
        """This thread's zenpy, with our session and without its cache and retries."""
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
    def precedence(self, precedence: Precedence) -> Iterator[None]:
        """In this context the thread's calls have this precedence under the rate limits."""
        session = self._session
        before = session.precedence
        if before is not Precedence.PERSON:
            session.precedence = precedence
        try:
            yield
        finally:
            session.precedence = before

    @property
    def _session(self) -> _ZendeskSession:
        if not hasattr(self._threads, "session"):
            self._threads.session = _ZendeskSession(
                self._auth,
                self._limiter,
                self._before_write,
                direct=self._direct,
                clock_check=self.clock_check,
                headers=self._headers,
            )
        found: _ZendeskSession = self._threads.session
        return found


class _ZendeskSession(Session):
    """Signs every call, keeps the rate limits and translates errors, also for calls by zenpy."""

    def __init__(
        self,
        auth: AuthBase,
        limiter: RateLimiter,
        before_write: BeforeWrite,
        *,
        direct: bool,
        clock_check: ClockCheck,
        headers: Mapping[str, str],
    ) -> None:
        super().__init__(direct=direct, clock_check=clock_check, headers=headers)
        self.auth = auth
        self.precedence = Precedence.USUAL
        self._limiter = limiter
        self._before_write = before_write

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """Send within the limits. Raises :mod:`bridge.errors` for everything but a success with JSON."""
        limits = limits_of(str(method), str(url))
        self._limiter.acquire(limits, self.precedence)
        if str(method).upper() != "GET":
            self._before_write()  # after the wait for the limit, during which somebody may have stopped all writing
        response = super().request(method, url, *args, **kwargs)
        if response.status_code == 401 and isinstance(self.auth, OAuthTokens):
            self.auth.forget(response.request.headers.get("Authorization"))
            response = super().request(method, url, *args, **kwargs)
        self._limiter.update(limits_in(response.headers))
        if response.status_code == 429:
            seconds = parse_retry_after(response.headers, RETRY_AFTER_S)
            if not is_for_one_ticket(response.headers):
                self._limiter.block(limits[-1:], seconds)  # most likely the narrowest limit
        raise_for_status(response, about_ticket=UNANNOUNCED.keys().isdisjoint(limits))
        return response


def _credentials(settings: ZendeskSettings, base: str, direct: bool, clock: Callable[[], float]) -> AuthBase:
    if not settings.has_own_credentials:
        raise InputError(
            f"{settings.prefix}OAUTH_CLIENT_ID: found no credentials of the bridge's own; set it and "
            f"{settings.prefix}OAUTH_CLIENT_SECRET: those of an administrator are for `policybridge install` alone"
        )
    if not settings.is_legacy:
        return OAuthTokens(settings, base, Session(direct=direct, headers=settings.marketplace_headers), clock)
    token = settings.api_token.get_secret_value() if settings.api_token else ""
    return HTTPBasicAuth(f"{settings.email}/token", token)


def _next_link(page: Json) -> str | None:
    meta, links = page.get("meta"), page.get("links")
    if isinstance(meta, dict) and isinstance(links, dict):
        return str(links["next"]) if meta.get("has_more") and links.get("next") else None
    return str(page["next_page"]) if page.get("next_page") else None
