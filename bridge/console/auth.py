"""Access control of the console, and the security headers of its pages.

Without a token the console is open to this machine only: the client has a loopback address, asks under a loopback name
(which stops DNS rebinding) and uses no proxy. With a token a person logs in once and keeps a signed cookie; programs
send it as a bearer token. The token is also the signing key: a new token ends all sessions.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from itsdangerous import BadSignature, TimestampSigner
from pydantic import SecretStr
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from bridge.runtime.retry import SESSION_S

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

CLOSED = (
    "No console token is set, so the console is available on this machine only, at http://127.0.0.1 or http://localhost.\n"
    "Set POLICYBRIDGE_CONSOLE_TOKEN to a long random string, restart, and log in with it.\n"
)

Refusal = BaseResponse | None
"""A response that ends the request, or None to let it through."""


def guard(console: Blueprint, secret: SecretStr | None) -> None:
    """Put access control and security headers around every route of the console."""
    console.before_request(_refuse_other_sites)
    console.before_request(_local_only if secret is None else _with_token(secret.get_secret_value()))
    console.after_request(_protect)
    if secret is not None:
        _sessions(console, secret.get_secret_value())


def _refuse_other_sites() -> Refusal:
    """Accept forms from our own pages only; browsers always send the origin."""
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and urlsplit(origin).netloc != request.host
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


def _local_only() -> Refusal:
    if _route() in OPEN or _is_local():
        return None
    return Response(CLOSED, HTTPStatus.FORBIDDEN, mimetype="text/plain")


def _is_local() -> bool:
    proxied = any(name in request.headers for name in ("Forwarded", "X-Forwarded-For", "X-Real-Ip"))
    host = urlsplit(f"//{request.host}").hostname or ""
    return not proxied and _is_loopback(request.remote_addr or "") and (host == "localhost" or _is_loopback(host))


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


def _with_token(token: str) -> Callable[[], Refusal]:
    def check() -> Refusal:
        if _route() in OPEN | BEFORE_LOGIN or _is_logged_in(token) or _is_bearer(token):
            return None
        if request.path.startswith(("/api/", "/metrics")):
            return Response("send Authorization: Bearer <POLICYBRIDGE_CONSOLE_TOKEN>\n", 401, mimetype="text/plain")
        if request.headers.get("HX-Request"):
            # An open page whose session has ended: htmx follows this to the login form.
            return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": url_for("console.login")})
        page = request.full_path.rstrip("?") if request.method == "GET" else "/"
        return redirect(url_for("console.login", then=page))

    return check


def _is_bearer(token: str) -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and _is_same(given.strip(), token)


def _is_logged_in(token: str) -> bool:
    try:
        _signer(token).unsign(request.cookies.get(COOKIE, ""), max_age=SESSION_S)
    except BadSignature:
        return False
    return True


def _signer(token: str) -> TimestampSigner:
    return TimestampSigner(token, salt="policybridge console", digest_method=sha256, key_derivation="hmac")


def _is_same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _sessions(console: Blueprint, token: str) -> None:
    @console.get("/login")
    def login() -> Response:
        return make_response(render_template("console/login.html", then=_then(request.args), wrong=False))

    @console.post("/login")
    def enter() -> BaseResponse:
        if not _is_same(request.form.get("token", ""), token):
            page = render_template("console/login.html", then=_then(request.form), wrong=True)
            return make_response(page, HTTPStatus.FORBIDDEN)
        answer = redirect(_then(request.form), HTTPStatus.SEE_OTHER)
        signed = _signer(token).sign("admin").decode()
        answer.set_cookie(COOKIE, signed, max_age=SESSION_S, httponly=True, samesite="Strict", secure=request.is_secure)
        return answer

    @console.post("/logout")
    def logout() -> BaseResponse:
        answer = redirect(url_for("console.login"), HTTPStatus.SEE_OTHER)
        answer.delete_cookie(COOKIE)
        return answer


def _then(given: MultiDict[str, str]) -> str:
    """Where to go after the login: a path of this site, never another site."""
    path = given.get("then", "")
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
