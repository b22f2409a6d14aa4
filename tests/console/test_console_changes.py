"""What changed beside the tickets, as an admin sees it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge.config.accounts_file import Accounts
from bridge.ports.audit import AuditEntry
from bridge.runtime.pinning import PolicyPinning

from .conftest import CONFIGURATION, MONDAY, ReviewingInstallation

ACME = "accounts: {'5101': {name: Acme, contacts: [pat@acme.example]}}\n"


@pytest.fixture
def file(bridge: ReviewingInstallation, tmp_path: Path) -> Path:
    """An accounts file that this installation uses."""
    path = tmp_path / "accounts.yaml"
    path.write_text(ACME)
    bridge.configuration = type(bridge.configuration).model_validate({**CONFIGURATION, "accounts": str(path)})
    return path


def page(bridge: ReviewingInstallation, path: str = "/changes") -> str:
    answer = bridge.app().test_client().get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_nothing_has_changed_yet(bridge: ReviewingInstallation) -> None:
    text = page(bridge)
    assert "No accounts file is configured." in text
    assert "No changes yet." in text


def test_changes_of_accounts_are_listed_newest_first(bridge: ReviewingInstallation, file: Path) -> None:
    accounts = Accounts(file)
    accounts.refresh(bridge.store, MONDAY)
    file.write_text(ACME.replace("pat@", "sam@"))
    accounts.refresh(bridge.store, MONDAY + timedelta(hours=1))
    text = page(bridge)
    assert f"The accounts in {file} are in force." in text
    changed = "account 5101: contacts without pat@acme.example; contacts with sam@acme.example"
    assert text.index(changed) < text.index("account 5101 added")
    changes = bridge.app().test_client().get("/api/changes").get_json()
    assert changes["accounts_refused"] is None
    assert [(line["kind"], line["at"]) for line in changes["changes"]] == [
        ("account", "2026-03-02T09:00:00Z"),
        ("account", "2026-03-02T08:00:00Z"),
    ]


def test_an_invalid_edit_is_shown_until_it_is_fixed(bridge: ReviewingInstallation, file: Path) -> None:
    accounts = Accounts(file)
    accounts.refresh(bridge.store, MONDAY)
    file.write_text("accounts: {'5101': {nmae: <b>Acme</b>}}\n")
    accounts.refresh(bridge.store, MONDAY + timedelta(hours=1))
    text = page(bridge)
    assert "The accounts file is invalid" in text
    assert "accounts.yaml:1:21 accounts.5101.nmae: unknown key" in text
    assert "<b>Acme" not in text
    assert "an edit is not in effect" in page(bridge, "/")
    assert "unknown key" in bridge.app().test_client().get("/api/changes").get_json()["accounts_refused"]["detail"]
    file.write_text(ACME)
    accounts.refresh(bridge.store, MONDAY + timedelta(hours=2))
    assert f"The accounts in {file} are in force." in page(bridge)
    assert "accounts accepted" in page(bridge)
    assert "an edit is not in effect" not in page(bridge, "/")


def test_moved_tickets_and_versions_are_listed(bridge: ReviewingInstallation) -> None:
    PolicyPinning([bridge.policy], bridge.store, MONDAY)
    detail = "zendesk:1 moved from maas360 1 to 2 by admin: the customer signed a new contract"
    bridge.store.record_audit(AuditEntry("a", MONDAY, "repin", detail))
    text = page(bridge)
    assert detail in text
    assert "always" in text
    assert "new tickets only" in text


def test_the_page_in_a_real_browser(
    bridge: ReviewingInstallation, file: Path, browser: Any, serve_app: Any, tmp_path: Path
) -> None:
    accounts = Accounts(file)
    accounts.refresh(bridge.store, datetime.fromisoformat("2026-03-02T08:00:00Z"))
    file.write_text("accounts: [")
    accounts.refresh(bridge.store, MONDAY + timedelta(hours=1))
    window = browser.new_page()
    window.goto(serve_app(bridge.app()))
    window.get_by_role("link", name="an edit is not in effect").click()
    window.get_by_role("alert").get_by_text("The accounts file is invalid").wait_for()
    window.set_viewport_size({"width": 360, "height": 740})
    assert window.evaluate("document.documentElement.scrollWidth") <= 360
    window.set_viewport_size({"width": 1280, "height": 800})
    window.screenshot(path=tmp_path / "changes.png")
    window.close()
