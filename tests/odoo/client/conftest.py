"""Scripted Odoo servers, and clients connected to them."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.config.odoo_settings import load_odoo_settings
from bridge.helpdesks.odoo.client import OdooClient

from .scripted_odoo import KEY, ScriptedOdoo


@pytest.fixture
def serve() -> Iterator[Callable[[int], ScriptedOdoo]]:
    """Starts Odoos of a given version."""
    started: list[tuple[ScriptedOdoo, threading.Thread]] = []

    def start(series: int) -> ScriptedOdoo:
        odoo = ScriptedOdoo(series)
        thread = threading.Thread(target=odoo.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        started.append((odoo, thread))
        return odoo

    yield start
    for odoo, thread in started:
        odoo.released.set()
        odoo.server.shutdown()
        odoo.server.server_close()
        thread.join()


@pytest.fixture(params=[18, 19])
def odoo(request: pytest.FixtureRequest, serve: Callable[[int], ScriptedOdoo]) -> ScriptedOdoo:
    """Once an Odoo that speaks JSON-RPC only, once one with JSON-2."""
    return serve(request.param)


@pytest.fixture
def odoo19(serve: Callable[[int], ScriptedOdoo]) -> ScriptedOdoo:
    return serve(19)


@pytest.fixture
def odoo18(serve: Callable[[int], ScriptedOdoo]) -> ScriptedOdoo:
    return serve(18)


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("ODOO_", "ACME_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("POLICYBRIDGE_SECRETS_DIR", str(tmp_path / "secrets"))


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[..., OdooClient]:
    """A client of such a server, with other variables as wanted; an empty one is not set."""

    def make(odoo: ScriptedOdoo | str, **variables: str) -> OdooClient:
        url = odoo if isinstance(odoo, str) else odoo.url
        usual = {"ODOO_URL": url, "ODOO_DB": "acme", "ODOO_API_KEY": KEY, "ODOO_LOGIN": "policybridge"}
        for name, value in (usual | variables).items():
            monkeypatch.setenv(name, value)
        return OdooClient(load_odoo_settings())

    return make
