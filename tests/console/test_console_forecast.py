"""The forecast in the console: promises about to be broken against who works then; and the install report."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from bridge.console.staffing import staffing
from bridge.helpdesks.in_memory import InMemoryHelpdesk
from bridge.policy.load import load_policy
from bridge.ports.install_reports import InstallReport

from .conftest import MONDAY, ReviewingInstallation
from .test_console_browser import page  # noqa: F401 (a fixture)


@pytest.fixture
def client(bridge: ReviewingInstallation) -> FlaskClient:
    """The console of an installation with one critical ticket that nobody has answered."""
    bridge.helpdesks["zendesk"] = InMemoryHelpdesk(bridge.ticket())
    bridge.review(bridge.ticket())
    connections = bridge.configuration.connections
    connections["zendesk"] = connections["zendesk"].model_copy(update={"mode": "shadow"})
    bridge.store.record_mode("zendesk", "shadow")
    assert bridge.previews.follow(bridge.now + timedelta(seconds=1)) == 1
    return bridge.app().test_client()


def test_the_picture_has_the_promises_that_are_about_to_be_broken(client: FlaskClient) -> None:
    text = client.get("/forecast").text
    assert "What happens in the next 24 hours if nobody acts" in text
    assert "Something happens on 1 of 1 ticket, as seen since" in text
    assert text.count('class="breached"') >= 1
    assert "No promise is about to be broken" not in text
    assert "What happens in the next 168 hours" in client.get("/forecast?hours=168").text


@pytest.mark.parametrize("hours", ["0", "25", "soon"])
def test_other_lengths_are_no_page(client: FlaskClient, hours: str) -> None:
    answer = client.get(f"/forecast?hours={hours}")
    assert (answer.status_code, "allowed: 24, 48, 168 hours" in answer.text) == (404, True)


def test_nothing_is_known_before_a_preview(bridge: ReviewingInstallation) -> None:
    text = bridge.app().test_client().get("/forecast").text
    assert "No ticket has been forecast yet" in text
    assert "No promise is about to be broken" not in text, "nobody knows"


def test_who_works_follows_from_calendars_and_shifts() -> None:
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    for pack in ("maas360", "mattermost", "maintmaster", "erp_maestro", "oncleversoft"):
        policy = load_policy(pack)
        week = staffing([policy], monday, 168)
        known = {name for hour in week for name in hour}
        assert len(week) == 168
        if policy.shifts:
            assert known <= set(policy.shifts.regions)
        assert len(week[6 * 24 + 3]) <= len(week[15])


def test_the_install_report_is_shown_and_saved_as_it_was_made(
    client: FlaskClient, bridge: ReviewingInstallation
) -> None:
    assert "policybridge backtest --keep" in client.get("/install-report").text
    report = "<!doctype html><title>Report</title><style>h1 { color: red }</style><h1>Figures</h1>"
    for text in ("<h1>Older</h1>", report):
        bridge.store.keep_install_report(InstallReport(text, MONDAY))
    assert "Made" in client.get("/install-report").text
    shown = client.get("/install-report/page")
    assert shown.text == report
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    saved = client.get("/install-report/page?download=1")
    assert saved.headers["Content-Disposition"] == "attachment; filename=install-report.html"


def test_a_browser_draws_both_without_complaint(
    client: FlaskClient,
    bridge: ReviewingInstallation,
    page: Any,  # noqa: F811 (the fixture)
    serve_app: Any,
    tmp_path: Path,
) -> None:
    bridge.store.keep_install_report(InstallReport("<!doctype html><h1>Figures</h1>", MONDAY))
    url = serve_app(bridge.app())
    page.goto(f"{url}/forecast")
    box = page.locator("svg.forecast rect.breached").first.bounding_box()
    assert box["height"] > 5
    page.screenshot(path=tmp_path / "forecast.png")
    page.goto(f"{url}/install-report")
    page.frame_locator("iframe.report").get_by_text("Figures").wait_for()
