"""A real browser on the page behind the link: what customers see, and what their browser sends."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from bridge.console.approval_page import create_approvals

from .conftest import REF, ReviewedTicket


@pytest.fixture
def address(reviewed: ReviewedTicket, serve_app: Callable[[Flask], str]) -> str:
    """Where the page of the link is served."""
    app = Flask("test", static_folder=None)
    app.register_blueprint(create_approvals(reviewed.store, lambda: reviewed.now, reviewed.links))
    return f"{serve_app(app)}{reviewed.link()}"


def test_a_customer_reads_writes_and_approves(reviewed: ReviewedTicket, address: str, page: Any) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(address)
    assert "We have an estimate for Reports." in page.inner_text("main")
    page.fill("textarea", "Go ahead")
    page.click("text=Approve")
    page.wait_for_selector("[role=status]")
    assert "approved" in page.inner_text("main")
    [answer] = reviewed.store.approvals(REF)
    assert (answer.granted, answer.remarks) == (True, "Go ahead")
    page.reload()
    assert "This link was used" in page.inner_text("main")
    assert len(reviewed.store.approvals(REF)) == 1
    assert complaints == [], "the page asks for nothing that its own policy forbids"
