"""Access control of the console, and the security headers of its pages.

Nobody comes in without the console's token, wherever the request seems to come from: a person logs in once and keeps
the cookie of a session, programs send the token as a bearer token. Only a demo, whose application says so, is open to
the browsers of its own machine.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.attempts import Attempts
from bridge.console.installation import OPEN_CONSOLE, Installation
from bridge.runtime.console_token import current_digest, digest_of
from bridge.runtime.retry import LOGIN_PAUSE_S, SESSION_S
from bridge.runtime.ticket_clock import wall_clock

log = structlog.get_logger(__name__)

COOKIE = "policybridge_console"
OPEN = frozenset({"healthz", "readyz"})
"""Asked by monitoring without a token; they reveal nothing about tickets."""
BEFORE_LOGIN = frozenset({"static", "login", "enter"})

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_FORWARDED = {"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-Ip"}
"""Headers that proxies add."""

Refusal = BaseResponse | None
"""A response that ends the request, or None to let it through."""


def guard(console: Blueprint, bridge: Installation) -> None:
    """Put access control and security headers around every route of the console."""
    access = _Access(bridge)
    console.before_request(lambda: _refuse_other_sites(bridge))
    console.before_request(access.check)
    console.after_request(_protect)
    _add_login(console, access)


class _Access:
    """Decides who may use the console of an installation."""

    def __init__(self, bridge: Installation) -> None:
        self._bridge = bridge
        self._attempts = Attempts()

    def check(self) -> Refusal:
        """Let a request through, or say what is missing."""
        if _route() in OPEN:
            return None
        if current_app.config.get(OPEN_CONSOLE):
            return None if _is_local() else _only_local()
        if _route() in BEFORE_LOGIN or self.is_session(request.cookies.get(COOKIE, "")):
            return None
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        return self.check_token(given.strip(), _wrong_bearer) if kind.lower() == "bearer" else _ask_for_token()

    def check_token(self, given: str, refuse: Callable[[], BaseResponse]) -> Refusal:
        """Compare a token with the console's. Wrong ones are counted, and throttled when there are many."""
        address = request.remote_addr or ""
        if self._attempts.are_braked(address):
            text = f"too many wrong tokens; try again in {LOGIN_PAUSE_S} s\n"
            headers = {"Retry-After": str(LOGIN_PAUSE_S)}
            return Response(text, HTTPStatus.TOO_MANY_REQUESTS, headers, mimetype="text/plain")
        if not hmac.compare_digest(digest_of(given), self._token_digest() or ""):
            self._attempts.failed(address)
            return refuse()
        return None

    def open_session(self) -> str:
        """A new session; its secret is in the cookie alone."""
        session, now = secrets.token_urlsafe(32), wall_clock()
        self._bridge.store.open_session(
            digest_of(session), self._token_digest() or "", now, now + timedelta(seconds=SESSION_S)
        )
        log.info("console_login", address=request.remote_addr)
        return session

    def is_session(self, session: str) -> bool:
        token = self._token_digest() if session else None
        return token is not None and self._bridge.store.is_session(digest_of(session), token, wall_clock())

    def end_session(self, session: str) -> None:
        self._bridge.store.end_session(digest_of(session))

    def _token_digest(self) -> str | None:
        return current_digest(self._bridge.settings, self._bridge.store)


def _ask_for_token() -> BaseResponse:
    if request.path.startswith(("/api/", "/metrics")):
        return _wrong_bearer()
    if request.headers.get("HX-Request"):
        # An open page whose session has ended: htmx follows this to the login form.
        return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": url_for("console.login")})
    page = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return redirect(url_for("console.login", then=page))


def _wrong_bearer() -> Response:
    text = "send Authorization: Bearer <the console token>\n"
    return Response(text, HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")


def _refuse_other_sites(bridge: Installation) -> Refusal:
    """Accept forms from our own pages only; a proxy may have changed our host name."""
    own_hosts = {request.host, urlsplit(bridge.settings.public_url or request.host_url).netloc}
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).netloc not in own_hosts
    if request.method == "POST" and (
        is_foreign or request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none")
    ):
        return Response("this form was sent from another site\n", HTTPStatus.FORBIDDEN, mimetype="text/plain")
    return None


def _protect(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if _route() != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _route() -> str:
    return (request.endpoint or "").rpartition(".")[2]


def _is_local() -> bool:
    """A browser of this machine that asks under a name of this machine, which stops DNS rebinding, and no proxy.

    A proxy that changes the name and adds no header cannot be told from a browser.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    has_own_name = host == "localhost" or _is_loopback(host)
    return has_own_name and _is_loopback(request.remote_addr or "") and not _FORWARDED & set(request.headers.keys())


def _only_local() -> Response:
    port = request.environ["SERVER_PORT"]
    text = (
        "a demo asks for no token, so it answers only browsers of its own machine, and no proxy: "
        f"open http://127.0.0.1:{port}/ there, or elsewhere through a tunnel (ssh -L {port}:127.0.0.1:{port} HOST)\n"
    )
    return Response(text, HTTPStatus.FORBIDDEN, mimetype="text/plain")


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _add_login(console: Blueprint, access: _Access) -> None:
    @console.get("/login")
    def login() -> Response:
        return make_response(render_template("console/login.html", then=_then(request.args), wrong=False))

    @console.post("/login")
    def enter() -> BaseResponse:
        def wrong() -> Response:
            page = render_template("console/login.html", then=_then(request.form), wrong=True)
            return make_response(page, HTTPStatus.FORBIDDEN)

        if refusal := access.check_token(request.form.get("token", ""), wrong):
            return refusal
        answer = redirect(_then(request.form), HTTPStatus.SEE_OTHER)
        session = access.open_session()
        answer.set_cookie(COOKIE, session, SESSION_S, httponly=True, samesite="Strict", secure=request.is_secure)
        return answer

    @console.post("/logout")
    def logout() -> BaseResponse:
        access.end_session(request.cookies.get(COOKIE, ""))
        answer = redirect(url_for("console.login"), HTTPStatus.SEE_OTHER)
        answer.delete_cookie(COOKIE)
        return answer


def _then(given: MultiDict[str, str]) -> str:
    """Where to go after the login: a path of this site, never another site.

    Browsers leave out tabs and line breaks, and read a backslash as a slash: "/<tab>/host" is another site to them.
    """
    path = given.get("then", "")
    return path if re.fullmatch(r"/(?!/)[!-\[\]-~]*", path) else "/"
