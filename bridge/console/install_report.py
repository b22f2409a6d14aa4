"""The install report: what the first backtest has found, as the page that can also be sent to somebody."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from bridge.console.installation import Installation


def add_install_report(console: Blueprint, bridge: Installation) -> None:
    """``/install-report``, and the page itself under ``/install-report/page``."""

    @console.get("/install-report", endpoint="install_report")
    def install_report() -> Response:
        return make_response(render_template("console/install_report.html", report=bridge.store.install_report()))

    @console.get("/install-report/page", endpoint="install_report_page")
    def page() -> Response:
        found = bridge.store.install_report()
        answer = make_response(found.page if found else "")
        # it has its own style, loads nothing, and stands in a frame of the console
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
        )
        answer.headers["X-Frame-Options"] = "SAMEORIGIN"
        if request.args.get("download"):
            answer.headers["Content-Disposition"] = "attachment; filename=install-report.html"
        return answer
