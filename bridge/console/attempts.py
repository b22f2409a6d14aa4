"""Attempts to log in with a wrong token: counted by address, and throttled."""

from __future__ import annotations

import threading
from ipaddress import IPv6Address, ip_address, ip_network

import structlog
from cachetools import TTLCache

from bridge.runtime.retry import LOGIN_PAUSE_S

log = structlog.get_logger(__name__)

LIMIT = 10
"""Wrong tokens from one address, after which no other is looked at for ``LOGIN_PAUSE_S``."""
MOST_ADDRESSES = 10_000


class Attempts:
    """Wrong tokens of late, by address. Each process counts its own. Whoever is logged in is never throttled."""

    def __init__(self) -> None:
        self._wrong: TTLCache[str, int] = TTLCache(MOST_ADDRESSES, LOGIN_PAUSE_S)
        self._lock = threading.Lock()

    def are_braked(self, address: str) -> bool:
        """Whether an address has to wait."""
        with self._lock:
            return self._wrong.get(_network(address), 0) >= LIMIT

    def failed(self, address: str) -> None:
        """Count and log a wrong token."""
        with self._lock:
            number = self._wrong[_network(address)] = self._wrong.get(_network(address), 0) + 1
        log.warning("console_token_wrong", address=address, attempts=number)
        if number == LIMIT:
            log.warning("console_login_throttled", address=address, seconds=LOGIN_PAUSE_S)


def _network(address: str) -> str:
    """The address, or the network of an IPv6 address: one customer of a provider has all addresses of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else address
