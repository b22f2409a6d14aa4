"""Which vendors there are to play the stories with."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import pytest

from bridge.sandbox.odoo.process import OdooSandbox
from bridge.sandbox.zendesk.process import ZendeskSandbox

from .clocks import Jumping, Turned
from .desk import Desk
from .odoo_desk import OdooDesk
from .odoo_furniture import furnished
from .odoo_site import Server, seeded
from .postbox import Postbox
from .simulated_desk import SimulatedDesk
from .zendesk_desk import ZendeskDesk

GIVEN = "odoo_server"
Opener = Callable[[Postbox], AbstractContextManager[Desk]]
"""Opens a desk whose vendor tells of what happens to a postbox."""


@contextmanager
def _simulated(postbox: Postbox) -> Iterator[Desk]:
    yield SimulatedDesk()


@contextmanager
def _zendesk(postbox: Postbox) -> Iterator[Desk]:
    with ZendeskSandbox(seed=ZendeskDesk.seed()) as sandbox:
        desk = ZendeskDesk(sandbox)
        with closing(desk.line):
            yield desk


def _wire(series: int, *, history: bool) -> Opener:
    """The local Odoo; what it cannot tell of the past is observed, unless ``history`` was agreed to."""

    @contextmanager
    def opened(postbox: Postbox) -> Iterator[Desk]:
        with OdooSandbox(series) as sandbox:
            desk = OdooDesk(f"odoo_{series}", seeded(sandbox), Turned(sandbox), history=history)
            with closing(desk.line), desk.installed(postbox):
                yield desk

    return opened


def is_given() -> bool:
    """Whether ``make test-odoo`` was told of a server."""
    return all(os.environ.get(f"TEST_ODOO_{name}") for name in ("URL", "DB", "API_KEY"))


@contextmanager
def _server(postbox: Postbox) -> Iterator[Desk]:
    """A real Odoo that was given to us. It is left as it was found."""
    if not is_given():
        pytest.skip("no Odoo server is given: make test-odoo ODOO_URL=... ODOO_DB=... ODOO_API_KEY=...")
    given = {name: os.environ.get(f"TEST_ODOO_{name}", "") for name in ("URL", "DB", "API_KEY", "LOGIN")}
    admin_key, admin_login = (os.environ.get(f"TEST_ODOO_ADMIN_{name}", "") for name in ("API_KEY", "LOGIN"))
    server = Server(given["URL"].rstrip("/"), given["DB"])
    bot = server.login(given["LOGIN"], given["API_KEY"])
    admin = server.login(admin_login, admin_key) if admin_key else bot
    history = bool(os.environ.get("TEST_ODOO_HISTORY"))
    with furnished(server, admin, bot) as site:
        desk = OdooDesk(GIVEN, site, Jumping(server.seconds), history=history)
        desk.lacks = {"hands": "a real server's clock cannot be turned, and this goes by nothing else"}
        if os.environ.get("TEST_ODOO_WEBHOOKS") == "no":
            desk.lacks |= {"webhooks": "ODOO_WEBHOOKS=no says that the server cannot reach this machine"}
        with closing(desk.line), desk.installed(postbox):
            yield desk


DESKS: dict[str, Opener] = {
    "simulated": _simulated,
    "zendesk": _zendesk,
    "odoo_18": _wire(18, history=False),
    "odoo_19": _wire(19, history=True),
    GIVEN: _server,
}
