"""Who is calling: OAuth client credentials, the older API token, scopes, and acting for somebody else."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from dataclasses import dataclass

from flask import Request

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses
from bridge.sandbox.zendesk.state import State

SHORTEST_S, LONGEST_S = 300, 172_800
SCOPED = ("tickets", "users", "organizations", "webhooks", "triggers", "automations")
"""Resources with scopes of their own; everything else takes the global ``read`` and ``write``."""
_BEARER = "Bearer "


@dataclass(frozen=True)
class Client:
    """An OAuth client of the account; it acts as its owner."""

    id: str
    secret: str
    owner_email: str
    api_token: str


@dataclass(frozen=True)
class Token:
    owner_email: str
    scopes: frozenset[str]
    expires_at: float
    """On the monotonic clock: a token lives in real time."""


class Authenticator:
    """Issues tokens and tells who makes a request."""

    def __init__(self, state: State, client: Client, admin_client: Client) -> None:
        """``client``: of the bridge's user; ``admin_client``: of an administrator who sets up the account."""
        self._state = state
        self.client = client
        self._clients = (client, admin_client)
        self._tokens: dict[str, Token] = {}

    def expire_tokens(self) -> None:
        """End all tokens now."""
        self._tokens.clear()

    def issue(self, body: Record) -> Record:
        """``POST /oauth/tokens``; scopes are not checked here but when they are used."""
        if body.get("grant_type") != "client_credentials":
            raise error_responses.bad_request(
                "unsupported_grant_type", "The sandbox issues client_credentials tokens only"
            )
        known = [
            client
            for client in self._clients
            if _same(body.get("client_id"), client.id) and _same(body.get("client_secret"), client.secret)
        ]
        if not known:
            text = "Client authentication failed due to unknown client or wrong secret"
            raise error_responses.Refusal(401, {"error": "invalid_client", "error_description": text})
        expires_in = int(body.get("expires_in") or self._state.limits.token_seconds)
        if body.get("expires_in") and not SHORTEST_S <= expires_in <= LONGEST_S:
            text = f"expires_in must be between {SHORTEST_S} and {LONGEST_S}"
            raise error_responses.bad_request("invalid_request", text)
        scope = body.get("scope") or "read write"
        token = secrets.token_hex(32)
        self._tokens[token] = Token(known[0].owner_email, frozenset(scope.split()), time.monotonic() + expires_in)
        return {"access_token": token, "token_type": "bearer", "scope": scope, "expires_in": expires_in}

    def caller(self, request: Request) -> Record:
        """The user who makes a request; ``X-On-Behalf-Of`` (address or id) acts for another one.

        Raises the 401 and 403 refusals.
        """
        given = request.headers.get("Authorization", "")
        if given.startswith(_BEARER):
            token = self._checked_token(given.removeprefix(_BEARER), request)
            user = self._state.user_by_email(token.owner_email)
        else:
            user = self._token_user(given)
        if user is None:
            raise error_responses.unauthorized(bearer=given.startswith(_BEARER))
        other = request.headers.get("X-On-Behalf-Of")
        return self._state.person(other) if other else user

    def _checked_token(self, text: str, request: Request) -> Token:
        token = self._tokens.get(text)
        if token is None or time.monotonic() >= token.expires_at:
            raise error_responses.unauthorized(bearer=True)
        right = "read" if request.method in ("GET", "HEAD") else "write"
        wanted = {right}
        resource = request.path.removeprefix("/api/v2/").split("/")[0]
        if resource in SCOPED and "/audits" not in request.path:
            wanted.add(f"{resource}:{right}")
        if not wanted & token.scopes:
            raise error_responses.out_of_scope(max(wanted, key=len))
        return token

    def _token_user(self, given: str) -> Record | None:
        """The user of ``Basic base64(email/token:TOKEN)``."""
        try:
            plain = base64.b64decode(given.removeprefix("Basic "), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            return None
        login, _, token = plain.partition(":")
        email, _, kind = login.rpartition("/")
        if kind != "token" or not _same(token, self.client.api_token):
            return None
        return self._state.user_by_email(email)


def _same(given: object, expected: str) -> bool:
    return hmac.compare_digest(str(given or "").encode(), expected.encode())
