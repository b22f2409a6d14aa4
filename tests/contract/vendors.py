"""Which vendors there are to play the scenarios with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import pytest

from bridge.sandbox.odoo.process import OdooSandbox
from bridge.sandbox.zendesk.process import ZendeskSandbox

from .clocks import Jumping, Turned
from .in_memory_vendor import InMemoryVendor
from .odoo_database import OdooServer, seeded
from .odoo_setup import prepared
from .odoo_vendor import OdooVendor
from .vendor import Vendor
from .webhook_endpoint import WebhookEndpoint
from .zendesk_vendor import ZendeskVendor

GIVEN = "odoo_server"
Opener = Callable[[WebhookEndpoint], AbstractContextManager[Vendor]]
"""Opens a vendor whose vendor tells of what happens to a webhook_endpoint."""


@contextmanager
def _simulated(webhook_endpoint: WebhookEndpoint) -> Iterator[Vendor]:
    yield InMemoryVendor()


@contextmanager
def _zendesk(webhook_endpoint: WebhookEndpoint) -> Iterator[Vendor]:
    with ZendeskSandbox(seed=ZendeskVendor.seed()) as sandbox:
        vendor = ZendeskVendor(sandbox)
        with closing(vendor.line):
            yield vendor


def _wire(series: int, *, history: bool) -> Opener:
    """The local Odoo; what it cannot tell of the past is observed, unless ``history`` was agreed to."""

    @contextmanager
    def opened(webhook_endpoint: WebhookEndpoint) -> Iterator[Vendor]:
        with OdooSandbox(series) as sandbox:
            vendor = OdooVendor(f"odoo_{series}", seeded(sandbox), Turned(sandbox), history=history)
            with closing(vendor.line), vendor.installed(webhook_endpoint):
                yield vendor

    return opened


def is_given() -> bool:
    """Whether ``make test-odoo`` was told of a server."""
    return all(os.environ.get(f"TEST_ODOO_{name}") for name in ("URL", "DB", "API_KEY"))


@contextmanager
def _server(webhook_endpoint: WebhookEndpoint) -> Iterator[Vendor]:
    """A real Odoo that was given to us. It is left as it was found."""
    if not is_given():
        pytest.skip("no Odoo server is given: make test-odoo ODOO_URL=... ODOO_DB=... ODOO_API_KEY=...")
    given = {name: os.environ.get(f"TEST_ODOO_{name}", "") for name in ("URL", "DB", "API_KEY", "LOGIN")}
    admin_key, admin_login = (os.environ.get(f"TEST_ODOO_ADMIN_{name}", "") for name in ("API_KEY", "LOGIN"))
    server = OdooServer(given["URL"].rstrip("/"), given["DB"])
    bot = server.login(given["LOGIN"], given["API_KEY"])
    admin = server.login(admin_login, admin_key) if admin_key else bot
    history = bool(os.environ.get("TEST_ODOO_HISTORY"))
    with prepared(server, admin, bot) as database:
        vendor = OdooVendor(GIVEN, database, Jumping(server.seconds), history=history)
        vendor.lacks = {"hands": "a real server's clock cannot be turned, and this goes by nothing else"}
        if os.environ.get("TEST_ODOO_WEBHOOKS") == "no":
            vendor.lacks |= {"webhooks": "ODOO_WEBHOOKS=no says that the server cannot reach this machine"}
        with closing(vendor.line), vendor.installed(webhook_endpoint):
            yield vendor


VENDORS: dict[str, Opener] = {
    "simulated": _simulated,
    "zendesk": _zendesk,
    "odoo_18": _wire(18, history=False),
    "odoo_19": _wire(19, history=True),
    GIVEN: _server,
}
