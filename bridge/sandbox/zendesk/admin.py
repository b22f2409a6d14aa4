"""The local Zendesk's control API, for tests and the demo: people's acts and limits, beside what every one has."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint

from bridge.sandbox import control_api
from bridge.sandbox.clock import stamp
from bridge.sandbox.control_api import sent
from bridge.sandbox.faults import ADMIN
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses, human_actions, seeds
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.merging import merge_into
from bridge.sandbox.zendesk.player import ZendeskPlayer


def admin_routes(account: ZendeskAccount) -> Blueprint:
    """All control API routes; none needs credentials, the server listens on loopback."""
    routes = Blueprint("admin", __name__, url_prefix=ADMIN)

    def show() -> Record:
        client = asdict(account.authenticator.client)
        now = {"now": stamp(account.clock()), "speed": account.clock.speed}
        return {**now, "client": client, "connection": seeds.connection(), "tickets": len(account.state.tickets)}

    control_api.add_routes(routes, account, ZendeskPlayer(account), show)
    _limits(routes, account)
    _acting(routes, account)
    return routes


def _limits(routes: Blueprint, account: ZendeskAccount) -> None:
    @routes.post("/limits")
    def set_limits() -> Record:
        for name, value in sent().items():
            if not hasattr(account.state.limits, name):
                known = ", ".join(asdict(account.state.limits))
                raise error_responses.bad_request("UnknownLimit", f"{name!r} is not a limit; the limits are {known}")
            setattr(account.state.limits, name, value)
        return asdict(account.state.limits)

    @routes.post("/expire_tokens")
    def expire_tokens() -> Record:
        account.authenticator.expire_tokens()
        return {}


def _acting(routes: Blueprint, account: ZendeskAccount) -> None:
    @routes.post("/tickets")
    def ask() -> tuple[Record, int]:
        """``{"by": address or id, "channel": "phone", "ticket": {...}}``"""
        body = sent()
        ticket = human_actions.ask(account, body["by"], body.get("channel", "email"), body["ticket"])
        return {"ticket": account.state.shown(ticket)}, 201

    @routes.post("/tickets/<int:ident>/acts")
    def change(ident: int) -> Record:
        """``{"by": ..., "channel": "email", "ticket": {...}, "auto_reply": false}``"""
        body = sent()
        more = {key: body[key] for key in ("channel", "auto_reply") if key in body}
        return {"ticket": account.state.shown(human_actions.change(account, ident, body["by"], body["ticket"], **more))}

    @routes.post("/tickets/<int:ident>/calls")
    def phone_call(ident: int) -> Record:
        """``{"by": agent, "text": "..."}``"""
        body = sent()
        return {
            "ticket": account.state.shown(human_actions.phone_call(account, ident, body["by"], body.get("text", "")))
        }

    @routes.post("/tickets/<int:ident>/merges")
    def merge(ident: int) -> Record:
        """``{"by": agent, "ids": [2, 3]}``, and the comments that the API takes."""
        body = sent()
        merge_into(account, ident, body["ids"], account.state.person(body["by"]), body)
        return {}
