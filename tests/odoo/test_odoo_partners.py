"""The people of an Odoo database are the same for every thread, and whatever happens while they are read."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

from bridge.config.odoo_settings import load_odoo_settings
from bridge.errors import Retry
from bridge.helpdesks.odoo.client import OdooClient
from bridge.helpdesks.odoo.partners import Partners
from bridge.sandbox.odoo.process import OdooSandbox
from tests.support.processes import PATIENCE_S


class SlowClient(OdooClient):
    """A client whose first reading of people waits until it may go on, or fails."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__(load_odoo_settings())
        self.reads, self.may_go_on, self.fails = Event(), Event(), fails

    def search_read(self, *args: Any, **kwargs: Any) -> Any:
        if not self.reads.is_set():
            self.reads.set()
            if self.fails:
                raise Retry("the connection was lost")
            assert self.may_go_on.wait(PATIENCE_S)
        return super().search_read(*args, **kwargs)


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    """An employee: partner and user."""
    with OdooSandbox(19) as odoo:
        for name, value in (("URL", odoo.url), ("DB", odoo.db), ("LOGIN", odoo.login), ("API_KEY", odoo.api_key)):
            monkeypatch.setenv(f"ODOO_{name}", value)
        [user] = OdooClient(load_odoo_settings()).search_read(
            "res.users", [("login", "=", "agent1")], ["partner_id"], order="id"
        )
        yield user["partner_id"], user["id"]


def test_a_person_whom_another_thread_still_reads_is_no_stranger(agent: tuple[int, int]) -> None:
    partner, user = agent
    client = SlowClient()
    people = Partners(client)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(people.with_users, [partner], [])
        assert client.reads.wait(PATIENCE_S)
        try:
            found = people.with_users([partner], [])
        finally:
            client.may_go_on.set()
        assert first.result() == found
    assert partner in found[0]
    assert user in found[1]


def test_a_person_is_read_again_after_a_reading_that_failed(agent: tuple[int, int]) -> None:
    partner, user = agent
    people = Partners(SlowClient(fails=True))
    with pytest.raises(Retry):
        people.with_users([partner], [user])
    partners, users = people.with_users([partner], [user])
    assert (partner in partners, user in users) == (True, True)


def test_who_cannot_be_read_is_asked_for_once(agent: tuple[int, int]) -> None:
    client = OdooClient(load_odoo_settings())
    people = Partners(client)
    assert 999_999 not in people.with_users([999_999], [999_999])[0]
    calls: list[str] = []
    client.search_read = lambda model, *_, **__: calls.append(model)  # type: ignore[method-assign, assignment, return-value]
    people.with_users([999_999], [999_999])
    assert calls == []
