"""What every sandbox has under ``/_sandbox``: the clock, faults, the journal. No credentials: loopback only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from flask import Blueprint, current_app, request
from werkzeug.exceptions import BadRequest

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.delivery_faults import KINDS, DeliveryFault
from bridge.sandbox.faults import Fault, FaultMiddleware
from bridge.sandbox.runner import SampleTicketRunner, TicketPlayer
from bridge.sandbox.sample_tickets import SAMPLES

Record = dict[str, Any]

FAULT_MIDDLEWARE = "sandbox.fault_middleware"
"""Where the application's config keeps the :class:`~bridge.sandbox.faults.FaultMiddleware` around it."""


class Account(Protocol):
    """What is served."""

    @property
    def clock(self) -> SandboxClock: ...
    @property
    def delivery_faults(self) -> list[DeliveryFault]: ...
    def reset(self) -> None: ...


def add_routes(routes: Blueprint, account: Account, player: TicketPlayer, show: Callable[[], Record]) -> None:
    """Clock, reset, samples, faults and journal; ``show`` says what there is."""
    _running(routes, account, show)
    _samples(routes, player)
    _faults(routes, account)
    _journal(routes)


def sent() -> Record:
    """The JSON object of the body; raises 400."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("send a JSON object")
    return body


def _middleware() -> FaultMiddleware:
    middleware: FaultMiddleware = current_app.config[FAULT_MIDDLEWARE]
    return middleware


def _running(routes: Blueprint, account: Account, show: Callable[[], Record]) -> None:
    routes.get("/")(show)

    @routes.post("/reset")
    def reset() -> Record:
        _middleware().clear()
        account.reset()
        return show()

    @routes.post("/clock")
    def move_clock() -> Record:
        account.clock.advance(float(sent()["advance_s"]))
        return show()


def _samples(routes: Blueprint, player: TicketPlayer) -> None:
    @routes.post("/samples")
    def play() -> Record:
        """``{"name": "maas360"}``: sample tickets come alive from now on."""
        name = sent()["name"]
        if name not in SAMPLES:
            raise BadRequest(f"{name!r} is not one of {', '.join(SAMPLES)}")
        SampleTicketRunner(player, SAMPLES[name](player.clock())).start()
        return {}


def _faults(routes: Blueprint, account: Account) -> None:
    @routes.post("/faults")
    def add_fault() -> Record:
        fault = Fault(**sent())
        _middleware().faults.append(fault)
        return asdict(fault)

    @routes.get("/faults")
    def faults() -> Record:
        """Those that are still to come; a request that is being delayed has taken its fault."""
        return {"faults": [asdict(fault) for fault in _middleware().faults if fault.times]}

    @routes.delete("/faults")
    def remove_faults() -> Record:
        _middleware().faults.clear()
        account.delivery_faults.clear()
        return {}

    @routes.post("/deliveries")
    def disturb_deliveries() -> Record:
        fault = DeliveryFault(**sent())
        if fault.kind not in KINDS:
            raise BadRequest(f"{fault.kind!r} is not one of {', '.join(KINDS)}")
        account.delivery_faults.append(fault)
        return asdict(fault)


def _journal(routes: Blueprint) -> None:
    @routes.get("/journal")
    def journal() -> Record:
        """Requests so far, ``?method=`` and ``?path=`` (prefix) select."""
        method, path = request.args.get("method") or None, request.args.get("path", "")
        rows = [row for row in list(_middleware().journal) if row["path"].startswith(path)]
        return {"requests": [row for row in rows if method in (None, row["method"])]}

    @routes.delete("/journal")
    def clear_journal() -> Record:
        _middleware().journal.clear()
        return {}

    @routes.get("/counts")
    def counts() -> Record:
        return {"counts": _middleware().counts()}
