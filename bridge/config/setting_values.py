"""Values of settings that have a form of their own: addresses, networks, and secrets in URLs and headers."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from pydantic import SecretStr

from bridge.config.sources import ONE_WORD


def http_origin(value: str) -> str:
    """``scheme://host[:port]``: https anywhere, http only on this machine."""
    parts = urlsplit(value)
    if parts.path not in ("", "/") or parts.query or parts.username or not parts.hostname:
        raise ValueError("allowed: https://host or http://127.0.0.1:port, without path or user")
    if parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)):
        return f"{parts.scheme}://{parts.netloc}"
    raise ValueError("allowed: https, or plain http for a loopback address such as http://127.0.0.1:9000")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def url_token(value: SecretStr) -> SecretStr:
    """A secret that is part of a URL and the only proof of who calls it."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{32,}", value.get_secret_value()):
        raise ValueError("allowed: at least 32 letters, digits, - and _, as `openssl rand -hex 32` makes them")
    return value


def one_word(value: SecretStr) -> SecretStr:
    if not ONE_WORD.fullmatch(value.get_secret_value()):
        raise ValueError("allowed: letters, digits and signs without spaces or line breaks, as Odoo shows the key")
    return value


def networks(value: str) -> str:
    """Addresses and networks, separated by commas."""
    for part in value.split(","):
        try:
            ip_network(part.strip())
        except ValueError as error:
            raise ValueError("allowed: addresses and networks, such as 203.0.113.7, 10.0.0.0/8") from error
    return value


def parse_networks(value: str | None) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in (value or "").split(",") if part)
