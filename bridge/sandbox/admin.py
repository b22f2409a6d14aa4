"""The side-door under ``/_sandbox``, for tests and the demo: people's acts, faults, limits, the journal, the clock."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, current_app, request

from bridge.sandbox import people, refusals, seeds
from bridge.sandbox.clock import stamp
from bridge.sandbox.delivery import Mischief
from bridge.sandbox.faults import ADMIN, Fault, Front
from bridge.sandbox.house import House
from bridge.sandbox.state import Record

FRONT = "sandbox.front"
"""Where the application's config keeps the :class:`~bridge.sandbox.faults.Front` around it."""


def admin_routes(house: House) -> Blueprint:
    """All side-door routes; none needs credentials, the server listens on loopback."""
    routes = Blueprint("admin", __name__, url_prefix=ADMIN)
    _running(routes, house)
    _faults(routes, house)
    _acting(routes, house)
    return routes


def _front() -> Front:
    front: Front = current_app.config[FRONT]
    return front


def _sent() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise refusals.bad_request("InvalidBody", "send a JSON object")
    return body


def _running(routes: Blueprint, house: House) -> None:
    @routes.get("/")
    def show() -> Record:
        client = asdict(house.doorkeeper.client)
        now = {"now": stamp(house.clock()), "speed": house.clock.speed}
        return {**now, "client": client, "connection": seeds.connection(), "tickets": len(house.state.tickets)}

    @routes.post("/reset")
    def reset() -> Record:
        _front().clear()
        house.reset()
        return show()

    @routes.post("/clock")
    def move_clock() -> Record:
        house.clock.advance(float(_sent()["advance_s"]))
        return show()

    @routes.post("/limits")
    def set_limits() -> Record:
        for name, value in _sent().items():
            if not hasattr(house.state.limits, name):
                known = ", ".join(asdict(house.state.limits))
                raise refusals.bad_request("UnknownLimit", f"{name!r} is not a limit; the limits are {known}")
            setattr(house.state.limits, name, value)
        return asdict(house.state.limits)

    @routes.post("/expire_tokens")
    def expire_tokens() -> Record:
        house.doorkeeper.expire_tokens()
        return {}


def _faults(routes: Blueprint, house: House) -> None:
    @routes.post("/faults")
    def add_fault() -> Record:
        fault = Fault(**_sent())
        _front().faults.append(fault)
        return asdict(fault)

    @routes.delete("/faults")
    def remove_faults() -> Record:
        _front().faults.clear()
        house.courier.mischief.clear()
        return {}

    @routes.post("/deliveries")
    def disturb_deliveries() -> Record:
        fault = Mischief(**_sent())
        if fault.act not in ("drop", "duplicate", "delay"):
            raise refusals.bad_request("UnknownAct", f"{fault.act!r} is none of drop, duplicate, delay")
        house.courier.mischief.append(fault)
        return asdict(fault)

    @routes.get("/journal")
    def journal() -> Record:
        """Requests so far, ``?method=`` and ``?path=`` (prefix) select."""
        method, path = request.args.get("method") or None, request.args.get("path", "")
        rows = [row for row in list(_front().journal) if row["path"].startswith(path)]
        return {"requests": [row for row in rows if method in (None, row["method"])]}

    @routes.delete("/journal")
    def clear_journal() -> Record:
        _front().journal.clear()
        return {}

    @routes.get("/counts")
    def counts() -> Record:
        return {"counts": _front().counts()}


def _acting(routes: Blueprint, house: House) -> None:
    @routes.post("/tickets")
    def ask() -> tuple[Record, int]:
        """``{"by": address or id, "channel": "phone", "ticket": {...}}``"""
        body = _sent()
        ticket = people.ask(house, body["by"], body.get("channel", "email"), body["ticket"])
        return {"ticket": house.state.shown(ticket)}, 201

    @routes.post("/tickets/<int:ident>/acts")
    def change(ident: int) -> Record:
        """``{"by": ..., "channel": "email", "ticket": {...}, "auto_reply": false}``"""
        body = _sent()
        more = {key: body[key] for key in ("channel", "auto_reply") if key in body}
        return {"ticket": house.state.shown(people.change(house, ident, body["by"], body["ticket"], **more))}

    @routes.post("/tickets/<int:ident>/calls")
    def phone_call(ident: int) -> Record:
        """``{"by": agent, "text": "..."}``"""
        body = _sent()
        return {"ticket": house.state.shown(people.phone_call(house, ident, body["by"], body.get("text", "")))}
