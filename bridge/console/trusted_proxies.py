"""Proxies in front: whose word about the client's address and scheme is believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class TrustedProxies:
    """Takes ``X-Forwarded-For`` and ``-Proto`` from the configured proxies, and from nobody else.

    Each proxy adds the address that it was asked from, so the client is the last address that is not a proxy of ours;
    what stands before it came from the client and may be invented.
    """

    def __init__(self, app: WSGIApplication, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._app, self._networks = app, networks

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._is_ours(environ.get("REMOTE_ADDR", "")):
            return self._app(environ, start_response)
        addresses = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        hops = 1
        while hops < len(addresses) and self._is_ours(addresses[-hops]):
            hops += 1
        return ProxyFix(self._app, x_for=hops, x_proto=1, x_host=0)(environ, start_response)

    def _is_ours(self, address: str) -> bool:
        with suppress(ValueError):
            found = ip_address(address)
            return any(found in network for network in self._networks)
        return False
