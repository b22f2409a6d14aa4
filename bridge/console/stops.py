"""Stop and resume: the page with what a stop withholds, its two buttons, and the same for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from bridge.console.installation import Installation
from bridge.console.person import parameters
from bridge.errors import InputError
from bridge.ports.withheld import withheld_json
from bridge.runtime.stops import Stops, stop_scope

KEYS = ("connection", "because", "by")


def add_stops(console: Blueprint, bridge: Installation) -> None:
    """``/stops``, ``/stops/stop`` and ``/stops/resume``; ``/api/stop`` and ``/api/resume``."""
    stops = Stops(bridge.store)
    _add_page(console, bridge, stops)
    _add_api(console, bridge, stops)


def _add_page(console: Blueprint, bridge: Installation, stops: Stops) -> None:
    @console.get("/stops", endpoint="stops")
    def stops_page() -> Response:
        ending = bridge.store.stops()
        page = render_template(
            "console/stops.html", stops=ending, withheld=stops.held_up(ending), connections=list(bridge.helpdesks)
        )
        return make_response(page)

    @console.post("/stops/stop")
    def stop() -> BaseResponse:
        _stop(bridge, stops)
        return redirect(url_for("console.stops"), HTTPStatus.SEE_OTHER)

    @console.post("/stops/resume")
    def resume() -> BaseResponse:
        _resume(bridge, stops)
        return redirect(url_for("console.overview"), HTTPStatus.SEE_OTHER)


def _add_api(console: Blueprint, bridge: Installation, stops: Stops) -> None:
    @console.get("/api/stop")
    def api_stops() -> Response:
        """The stops that are in force, and what they withhold."""
        ending = bridge.store.stops()
        withheld = [withheld_json(each) for each in stops.held_up(ending)]
        return jsonify(stops=[each.as_json() for each in ending], withheld=withheld)

    @console.post("/api/stop")
    def api_stop() -> Response:
        """Stop all connections, or the one under ``connection``; ``stopped`` is false where it was stopped already."""
        stopped = _stop(bridge, stops)
        return jsonify(stopped=stopped, stops=[each.as_json() for each in bridge.store.stops()])

    @console.post("/api/resume")
    def api_resume() -> Response:
        """Resume everything, or the connection under ``connection``."""
        return jsonify(resumed=_resume(bridge, stops), stops=[each.as_json() for each in bridge.store.stops()])


def _stop(bridge: Installation, stops: Stops) -> bool:
    scope, because, by = _request(bridge)
    return stops.stop(scope or "", by, because, bridge.clock())


def _resume(bridge: Installation, stops: Stops) -> list[dict[str, Any]]:
    scope, because, by = _request(bridge)
    return [each.as_json() for each in stops.resume(scope, by, because, bridge.clock())]


def _request(bridge: Installation) -> tuple[str | None, str, str]:
    """Scope, reason and name, from a form or from JSON; None: no connection is named. Raises ``InputError``."""
    given = parameters()
    if given is None or set(given) - set(KEYS):
        raise InputError(f"body: found something else; allowed: a form or a JSON object with {', '.join(KEYS)}")
    connection, because, by = (str(given.get(key) or "").strip() for key in KEYS)
    scope = stop_scope(connection, bridge.helpdesks) if connection else None
    return scope, because, by or "console"
