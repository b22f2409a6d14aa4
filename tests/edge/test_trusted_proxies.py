"""Whose word about the client's address and scheme is believed."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from flask import Flask, request

from bridge.console.trusted_proxies import TrustedProxies

OURS = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.7", "198.51.100.7"),  # the first was invented by the client
        ("127.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),  # two proxies of ours
        ("127.0.0.1", "1.2.3.4, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("198.51.100.7", "1.2.3.4", "198.51.100.7"),  # came past the proxy
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "unknown", "unknown"),
        ("10.9.9.9", "10.0.0.2", "10.0.0.2"),
        ("::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"),  # a socket for both versions
        ("::ffff:10.0.0.3", "1.2.3.4, ::ffff:198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"),
        ("::ffff:198.51.100.7", "1.2.3.4", "198.51.100.7"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
    ],
)
def test_the_client_is_the_last_address_that_is_no_proxy_of_ours(peer: str, forwarded: str, client: str) -> None:
    app = Flask("test")
    app.add_url_rule("/", view_func=lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    app.wsgi_app = TrustedProxies(app.wsgi_app, OURS)  # type: ignore[method-assign]
    headers = {"X-Forwarded-For": forwarded, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "attacker.example"}
    answer = app.test_client().get("/", environ_base={"REMOTE_ADDR": peer}, headers=headers)
    assert answer.text == f"{client} {'http' if '198' in peer else 'https'} localhost"
