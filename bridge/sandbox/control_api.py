"""What every sandbox has under ``/_sandbox``: the clock, faults, the journal. No credentials: loopback only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from flask import Blueprint, current_app, request
from werkzeug.exceptions import BadRequest

from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.faults import Fault, Front
from bridge.sandbox.runner import Cast, Stage
from bridge.sandbox.sample_tickets import STORIES
from bridge.sandbox.zendesk.webhook_faults import ACTS, Mischief

Record = dict[str, Any]

FRONT = "sandbox.front"
"""Where the application's config keeps the :class:`~bridge.sandbox.faults.Front` around it."""


class Account(Protocol):
    """What is served."""

    @property
    def clock(self) -> SandboxClock: ...
    @property
    def mischief(self) -> list[Mischief]: ...
    def reset(self) -> None: ...


def add_routes(routes: Blueprint, account: Account, cast: Cast, show: Callable[[], Record]) -> None:
    """Clock, reset, stories, faults and journal; ``show`` says what there is."""
    _running(routes, account, show)
    _stories(routes, cast)
    _faults(routes, account)
    _journal(routes)


def sent() -> Record:
    """The JSON object of the body; raises 400."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("send a JSON object")
    return body


def _front() -> Front:
    front: Front = current_app.config[FRONT]
    return front


def _running(routes: Blueprint, account: Account, show: Callable[[], Record]) -> None:
    routes.get("/")(show)

    @routes.post("/reset")
    def reset() -> Record:
        _front().clear()
        account.reset()
        return show()

    @routes.post("/clock")
    def move_clock() -> Record:
        account.clock.advance(float(sent()["advance_s"]))
        return show()


def _stories(routes: Blueprint, cast: Cast) -> None:
    @routes.post("/stories")
    def play() -> Record:
        """``{"name": "maas360"}``: sample tickets come alive from now on."""
        name = sent()["name"]
        if name not in STORIES:
            raise BadRequest(f"{name!r} is none of {', '.join(STORIES)}")
        Stage(cast, STORIES[name](cast.clock())).start()
        return {}


def _faults(routes: Blueprint, account: Account) -> None:
    @routes.post("/faults")
    def add_fault() -> Record:
        fault = Fault(**sent())
        _front().faults.append(fault)
        return asdict(fault)

    @routes.delete("/faults")
    def remove_faults() -> Record:
        _front().faults.clear()
        account.mischief.clear()
        return {}

    @routes.post("/deliveries")
    def disturb_deliveries() -> Record:
        fault = Mischief(**sent())
        if fault.act not in ACTS:
            raise BadRequest(f"{fault.act!r} is none of {', '.join(ACTS)}")
        account.mischief.append(fault)
        return asdict(fault)


def _journal(routes: Blueprint) -> None:
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
