"""The reports page: the figures that the policies define, with the tickets behind each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, Response, abort, make_response, render_template, request

from bridge.console.installation import Installation
from bridge.policy.model import Policy
from bridge.report import tables
from bridge.report.formatting import figure
from bridge.runtime.report_input import report_input


def add_reports(console: Blueprint, bridge: Installation, policies: Mapping[str, Policy]) -> None:
    """``/reports``: all months, or one with ``?month=2026-03``."""

    @console.get("/reports")
    def reports() -> Response:
        month = request.args.get("month", "")
        if month and not re.fullmatch(r"\d{4}-\d{2}", month):
            abort(HTTPStatus.NOT_FOUND, "No such month; write it as 2026-03.")
        found = tables(policies.values(), list(report_input(bridge.store)), bridge.clock(), month)
        return make_response(render_template("console/reports.html", tables=found, month=month, figure=figure))
