"""Routes of webhooks and triggers."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from typing import Any

import requests
from flask import Blueprint, g, request

from bridge.sandbox.clock import stamp
from bridge.sandbox.record import Record
from bridge.sandbox.zendesk import error_responses, events, triggers
from bridge.sandbox.zendesk.account import CONDITIONAL, ZendeskAccount
from bridge.sandbox.zendesk.http import sent, sent_list, visible
from bridge.sandbox.zendesk.paging import page
from bridge.sandbox.zendesk.signing import call, signed_headers, ulid

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
FORMATS = ("json", "xml", "form_encoded")
_SECRET_KEYS = ("password", "token", "value")
_WRITABLE = ("name", "description", "status", "endpoint", "http_method", "request_format", "subscriptions")


def hook_routes(account: ZendeskAccount) -> Blueprint:
    """The webhooks and triggers APIs."""
    routes = Blueprint("hooks", __name__, url_prefix="/api/v2")
    _webhooks(routes, account)
    _webhook_details(routes, account)
    _triggers(routes, account)
    return routes


def invalid(title: str) -> error_responses.Refusal:
    return error_responses.Refusal(400, {"errors": [{"code": "InvalidWebhook", "title": title}]})


def _find(account: ZendeskAccount, ident: str) -> Record:
    if ident not in account.state.webhooks:
        raise error_responses.not_found()
    return account.state.webhooks[ident]


def _checked(webhook: Record) -> Record:
    """Refuse what the real API refuses: unknown words, mixed subscriptions, payloads of one's own for events."""
    for name, allowed in (("status", ("active", "inactive")), ("http_method", METHODS), ("request_format", FORMATS)):
        if webhook.get(name) not in allowed:
            raise invalid(f"{name} must be one of {', '.join(allowed)}, not {webhook.get(name)!r}")
    if not webhook.get("name") or not str(webhook.get("endpoint", "")).startswith(("http://", "https://")):
        raise invalid("name and an http(s) endpoint are required")
    subscriptions = webhook.get("subscriptions") or []
    unknown = sorted(set(subscriptions) - events.TYPES - {CONDITIONAL})
    if unknown:
        raise invalid(f"unknown subscriptions: {', '.join(unknown)}")
    if CONDITIONAL in subscriptions and len(subscriptions) > 1:
        raise invalid(f"{CONDITIONAL} cannot be mixed with event subscriptions")
    if CONDITIONAL not in subscriptions and (webhook["http_method"], webhook["request_format"]) != ("POST", "json"):
        raise invalid("event subscriptions take POST and json only")
    return webhook


def _authentication(given: Record) -> Record:
    """The authentication as kept, and as shown: without its secret."""
    if not given.get("authentication"):
        return {}
    full = given["authentication"]
    data = {key: value for key, value in (full.get("data") or {}).items() if key not in _SECRET_KEYS}
    return {"_authentication": full, "authentication": {**full, "data": data}}


def _webhooks(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    @routes.post("/webhooks")
    def create_webhook() -> tuple[Record, int]:
        given = sent("webhook")
        webhook: Record = {"id": ulid(), "created_by": str(g.caller["id"]), "description": ""}
        webhook |= {"created_at": events.nanoseconds(state.clock()), "subscriptions": []}
        webhook |= {key: given[key] for key in (*_WRITABLE, "custom_headers") if key in given}
        webhook |= {**_authentication(given), "_secret": secrets.token_urlsafe(32)}
        state.webhooks[webhook["id"]] = _checked(webhook)
        return {"webhook": visible(webhook)}, 201

    @routes.get("/webhooks")
    def list_webhooks() -> Record:
        part = request.args.get("filter[name_contains]", "")
        return page(
            "webhooks", [visible(row) for row in state.webhooks.values() if part in row["name"]], state.base_url
        )

    @routes.get("/webhooks/<ident>")
    def show_webhook(ident: str) -> Record:
        return {"webhook": visible(_find(account, ident))}

    @routes.route("/webhooks/<ident>", methods=["PUT", "PATCH"])
    def update_webhook(ident: str) -> tuple[str, int]:
        given = sent("webhook")
        old = _find(account, ident)
        changed = {**old, **{key: given[key] for key in _WRITABLE if key in given}, **_authentication(given)}
        if (CONDITIONAL in old["subscriptions"]) != (CONDITIONAL in changed["subscriptions"]):
            raise invalid("the way a webhook is connected cannot be changed; create another one")
        state.webhooks[ident] = _checked(changed)
        return "", 204

    @routes.delete("/webhooks/<ident>")
    def delete_webhook(ident: str) -> tuple[str, int]:
        _find(account, ident)
        del state.webhooks[ident]
        return "", 204


def _webhook_details(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    @routes.get("/webhooks/<ident>/signing_secret")
    def show_secret(ident: str) -> Record:
        return {"signing_secret": {"secret": _find(account, ident)["_secret"], "algorithm": "SHA256"}}

    @routes.post("/webhooks/<ident>/signing_secret")
    def reset_secret(ident: str) -> tuple[Record, int]:
        state.webhooks[ident] = {**_find(account, ident), "_secret": secrets.token_urlsafe(32)}
        return show_secret(ident), 201

    @routes.post("/webhooks/test")
    def test_webhook() -> Record:
        known = _find(account, request.args["webhook_id"]) if "webhook_id" in request.args else {}
        blank = {"id": ulid(), "http_method": "POST", "request_format": "json", "_secret": ""}
        body = (request.get_json(silent=True) or {}).get("request") or {}
        webhook = {**blank, **known, **{key: value for key, value in body.items() if key != "payload"}}
        return {"response": _try(account, webhook, body.get("payload"))}

    @routes.get("/webhooks/<ident>/invocations")
    def invocations(ident: str) -> Record:
        _find(account, ident)
        rows = [dict(row) for row in state.invocations.get(ident, ())]
        wanted = request.args.get("filter[status]")
        rows = [{k: v for k, v in row.items() if k != "attempts"} for row in rows if wanted in (None, row["status"])]
        return page("invocations", rows, state.base_url)

    @routes.get("/webhooks/<ident>/invocations/<invocation>/attempts")
    def attempts(ident: str, invocation: str) -> Record:
        for row in state.invocations.get(ident, ()):
            if row["id"] == invocation:
                return page("attempts", list(row["attempts"]), state.base_url)
        raise error_responses.not_found()


def _try(account: ZendeskAccount, webhook: Record, payload: Any) -> Record:
    text = payload if isinstance(payload, str) else json.dumps(payload or {"test": True})
    headers = signed_headers(account.state, webhook, text.encode(), ulid())
    try:
        answer = call(webhook, text.encode(), headers, account.state.limits.webhook_timeout_s)
    except requests.RequestException as error:
        raise invalid(f"the endpoint could not be called: {type(error).__name__}") from None
    answered = [{"key": key, "value": value} for key, value in answer.headers.items()]
    return {"headers": answered, "status_code": answer.status_code, "payload": answer.text[:4096]}


def _triggers(routes: Blueprint, account: ZendeskAccount) -> None:
    state = account.state

    @routes.post("/triggers")
    def create_trigger() -> tuple[Record, int]:
        return {"trigger": _store_trigger(account, state.new_id(), sent("trigger"), {})}, 201

    @routes.get("/triggers")
    def list_triggers() -> Record:
        return page("triggers", list(state.triggers.values()), state.base_url)

    @routes.get("/triggers/<int:ident>")
    def show_trigger(ident: int) -> Record:
        return {"trigger": _trigger(account, ident)}

    @routes.put("/triggers/<int:ident>")
    def update_trigger(ident: int) -> Record:
        return {"trigger": _store_trigger(account, ident, sent("trigger"), _trigger(account, ident))}

    @routes.put("/triggers/update_many")
    def update_triggers() -> Record:
        names = ("active", "position", "category_id")
        given = {int(each["id"]): {key: each[key] for key in names if key in each} for each in sent_list("triggers")}
        changed = [_store_trigger(account, ident, kept, _trigger(account, ident)) for ident, kept in given.items()]
        return {"triggers": changed, "count": len(changed), "next_page": None, "previous_page": None}

    @routes.delete("/triggers/<int:ident>")
    def delete_trigger(ident: int) -> tuple[str, int]:
        _trigger(account, ident)
        del state.triggers[ident]
        return "", 204


def _trigger(account: ZendeskAccount, ident: int) -> Record:
    if ident not in account.state.triggers:
        raise error_responses.not_found()
    return account.state.triggers[ident]


def _store_trigger(account: ZendeskAccount, ident: int, given: Record, old: Record) -> Record:
    state, now = account.state, stamp(datetime.now(UTC))
    row = {
        **old,
        **triggers.checked({**old, **given}),
        "id": ident,
        "raw_title": given.get("title", old.get("title")),
    }
    row |= {"updated_at": now, "url": state.url(f"triggers/{ident}")}
    row |= {"active": given.get("active", old.get("active", True)), "created_at": old.get("created_at", now)}
    row |= {"position": given.get("position", old.get("position", len(state.triggers) + 1)), "default": False}
    row |= {"description": given.get("description", old.get("description", ""))}
    row |= {"category_id": str(given.get("category_id", old.get("category_id", "10026")))}
    state.triggers[ident] = row
    return row
