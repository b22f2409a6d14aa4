"""The local Zendesk's side-door, for tests and the demo: people's acts and limits, beside what every one has."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint

from bridge.sandbox import control_api
from bridge.sandbox.clock import stamp
from bridge.sandbox.control_api import sent
from bridge.sandbox.faults import ADMIN
from bridge.sandbox.zendesk import error_responses, human_actions, seeds
from bridge.sandbox.zendesk.account import House
from bridge.sandbox.zendesk.player import ZendeskCast
from bridge.sandbox.zendesk.state import Record


def admin_routes(house: House) -> Blueprint:
    """All side-door routes; none needs credentials, the server listens on loopback."""
    routes = Blueprint("admin", __name__, url_prefix=ADMIN)

    def show() -> Record:
        client = asdict(house.doorkeeper.client)
        now = {"now": stamp(house.clock()), "speed": house.clock.speed}
        return {**now, "client": client, "connection": seeds.connection(), "tickets": len(house.state.tickets)}

    control_api.add_routes(routes, house, ZendeskCast(house), show)
    _limits(routes, house)
    _acting(routes, house)
    return routes


def _limits(routes: Blueprint, house: House) -> None:
    @routes.post("/limits")
    def set_limits() -> Record:
        for name, value in sent().items():
            if not hasattr(house.state.limits, name):
                known = ", ".join(asdict(house.state.limits))
                raise error_responses.bad_request("UnknownLimit", f"{name!r} is not a limit; the limits are {known}")
            setattr(house.state.limits, name, value)
        return asdict(house.state.limits)

    @routes.post("/expire_tokens")
    def expire_tokens() -> Record:
        house.doorkeeper.expire_tokens()
        return {}


def _acting(routes: Blueprint, house: House) -> None:
    @routes.post("/tickets")
    def ask() -> tuple[Record, int]:
        """``{"by": address or id, "channel": "phone", "ticket": {...}}``"""
        body = sent()
        ticket = human_actions.ask(house, body["by"], body.get("channel", "email"), body["ticket"])
        return {"ticket": house.state.shown(ticket)}, 201

    @routes.post("/tickets/<int:ident>/acts")
    def change(ident: int) -> Record:
        """``{"by": ..., "channel": "email", "ticket": {...}, "auto_reply": false}``"""
        body = sent()
        more = {key: body[key] for key in ("channel", "auto_reply") if key in body}
        return {"ticket": house.state.shown(human_actions.change(house, ident, body["by"], body["ticket"], **more))}

    @routes.post("/tickets/<int:ident>/calls")
    def phone_call(ident: int) -> Record:
        """``{"by": agent, "text": "..."}``"""
        body = sent()
        return {"ticket": house.state.shown(human_actions.phone_call(house, ident, body["by"], body.get("text", "")))}
