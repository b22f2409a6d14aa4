"""Proxies in front: whose word about the client's address and scheme is believed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class TrustedProxies:
    """Takes ``X-Forwarded-For`` and ``-Proto`` from the configured proxies, and from nobody else.

    Each proxy adds the address that it was asked from, so the client is the last address that is not a proxy of ours;
    what stands before it came from the client and may be invented. An IPv4 address is always written as one, so that it
    is compared and counted as the same, also where a socket for both versions shows it as ``::ffff:192.0.2.7``.
    """

    def __init__(self, app: WSGIApplication, networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self._app, self._networks = app, networks

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = peer = _as_ipv4(environ.get("REMOTE_ADDR", ""))
        if not self._is_ours(peer):
            return self._app(environ, start_response)
        addresses = [_as_ipv4(part.strip()) for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
        environ["HTTP_X_FORWARDED_FOR"] = ",".join(addresses)
        hops = 1
        while hops < len(addresses) and self._is_ours(addresses[-hops]):
            hops += 1
        return ProxyFix(self._app, x_for=hops, x_proto=1, x_host=0)(environ, start_response)

    def _is_ours(self, address: str) -> bool:
        with suppress(ValueError):
            found = ip_address(address)
            return any(found in network for network in self._networks)
        return False


def _as_ipv4(address: str) -> str:
    """An address without the form that IPv4 has among IPv6 addresses; any other text as it is."""
    with suppress(ValueError):
        found = ip_address(address)
        if isinstance(found, IPv6Address) and found.ipv4_mapped:
            return str(found.ipv4_mapped)
    return address
