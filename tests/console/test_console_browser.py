"""The pages in a real browser: they come alive, obey their own security policy, and stay inert under hostile words."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from .conftest import MONDAY, TOKEN, ReviewingInstallation, answered

PATIENCE_MS = 30_000
HOSTILE = '"><script>window.owned=1</script><img src=x onerror="window.owned=1"><b onclick=1>'


@pytest.fixture
def page(browser: Any, serve_app: Callable[[Flask], str]) -> Iterator[Any]:
    """A fresh page, closed before its server is; any complaint of the browser about the page fails the test."""
    page = browser.new_page()
    page.set_default_timeout(PATIENCE_MS)
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.complaints = complaints
    yield page
    page.close()
    assert complaints == []


@pytest.fixture
def url(bridge: ReviewingInstallation, serve_app: Callable[[Flask], str]) -> str:
    bridge.review(bridge.ticket(subject=HOSTILE))
    bridge.review(bridge.ticket("2", "Mail is gone", "small"))
    return serve_app(bridge.app(speed=600))


def test_the_list_follows_what_happens_and_leaves_alone_what_the_reader_opened(
    bridge: ReviewingInstallation, page: Any, url: str
) -> None:
    page.goto(url)
    page.locator("#t-zendesk-2").get_by_text("medium").wait_for()
    effect = page.locator(".effect", has_text="MA-09").last
    effect.locator("summary").click()
    opened = effect.get_attribute("id")
    bridge.now = MONDAY + timedelta(minutes=40)
    bridge.review(bridge.ticket())
    page.locator(".feed").get_by_text("the first response target (within 30 minutes) was missed").wait_for()
    page.locator("#t-zendesk-1 time.late").wait_for()
    assert page.locator(f"#{opened}").get_attribute("open") is not None
    bridge.review(bridge.ticket("3", "Came later", "significant"))
    page.locator("#t-zendesk-3").get_by_text("Came later").wait_for()
    page.locator(".feed").get_by_text("Came later").wait_for()


def test_due_times_count_down_on_the_clock_of_the_tickets(page: Any, url: str) -> None:
    page.goto(url)
    due = page.locator("#t-zendesk-2 time.due")
    before = due.text_content()
    page.wait_for_function("text => document.querySelector('#t-zendesk-2 time.due').textContent !== text", arg=before)
    assert "h" in due.text_content() or "min" in due.text_content()


def test_text_of_customers_is_never_executed(page: Any, url: str) -> None:
    for path in ("/", "/tickets/zendesk/1"):
        page.goto(url + path)
        page.get_by_text("window.owned=1").first.wait_for()
        assert page.evaluate("window.owned") is None
        assert page.locator("img[src=x], b[onclick]").count() == 0


def test_the_ticket_page_follows_too(bridge: ReviewingInstallation, page: Any, url: str) -> None:
    page.goto(f"{url}/tickets/zendesk/2")
    page.locator(".sum").first.locator("summary").click()
    bridge.now = MONDAY + timedelta(minutes=50)
    bridge.review(answered(bridge.ticket("2", "Mail is gone", "small"), timedelta(minutes=45), "Looking into it now"))
    page.get_by_text("Looking into it now").wait_for()
    assert page.locator("svg circle.agent").count() == 1


@pytest.mark.parametrize("path", ["/", "/tickets/zendesk/1", "/policy/maas360"])
def test_a_phone_is_wide_enough(page: Any, url: str, path: str) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(("path", "tables"), [("/activity", ".list"), ("/preview", ".few")])
def test_on_a_phone_nothing_of_a_list_is_off_the_screen(page: Any, url: str, path: str, tables: str) -> None:
    page.set_viewport_size({"width": 400, "height": 740})
    page.goto(url + path)
    for table in page.locator(tables).all() or pytest.fail(f"{path} has no {tables}"):
        assert table.evaluate("each => each.scrollWidth - each.clientWidth") == 0


def test_the_page_says_when_the_bridge_has_gone_and_when_it_is_back(page: Any, url: str) -> None:
    page.goto(url)
    page.route("**/*", lambda route: route.abort())
    page.get_by_text("does not respond").wait_for()
    page.unroute("**/*")
    page.get_by_text("does not respond").wait_for(state="hidden")
    page.complaints.clear()  # the browser's own words on the failed requests


def test_logging_in_by_hand(locked: ReviewingInstallation, serve_app: Callable[[Flask], str], page: Any) -> None:
    locked.review(locked.ticket())
    page.goto(f"{serve_app(locked.app())}/tickets/zendesk/1")
    page.get_by_label("Console token").fill(TOKEN)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Console down").wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Console token").wait_for()
    # An update that the page asked for as the session ended is refused, and the browser says so.
    page.complaints[:] = [each for each in page.complaints if "401 (UNAUTHORIZED)" not in each]
