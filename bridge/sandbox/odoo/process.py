"""A local Odoo in a process of its own, for tests and for the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import requests

from bridge.sandbox.odoo import seeds
from bridge.sandbox.odoo.partners import PROGRAMMATIC
from bridge.sandbox.process import TIMEOUT_S, Sandbox


class OdooSandbox(Sandbox):
    """Context manager: a database of series 18 or 19 that is served while the block runs.

    ``db``, ``login`` and ``api_key`` are the integration user's credentials, ``admin_login`` and ``admin_api_key`` the
    administrator's; :meth:`key_of` knows those of the agents. The methods use the control API, but for :meth:`call`,
    which speaks to ``url`` as to Odoo. A refused act raises :class:`requests.HTTPError`.
    """

    login = seeds.BOT
    api_key = seeds.key_of(seeds.BOT)
    admin_login = seeds.ADMINISTRATOR
    admin_api_key = seeds.key_of(seeds.ADMINISTRATOR)

    def __init__(self, series: int = 19, *, port: int = 0, speed: float = 1.0, start: datetime | None = None) -> None:
        super().__init__("odoo", port=port, speed=speed, start=start)
        self.series = series
        self.db = f"wire{series}"
        self._options += ["--series", str(series)]

    @staticmethod
    def key_of(login: str) -> str:
        """The API key of a user, by login."""
        return seeds.key_of(login)

    def call(self, login: str, model: str, method: str, ids: Sequence[int] | None = None, /, **kwargs: Any) -> Any:
        """Call a method as a user, over the wire of the series; raises :class:`RuntimeError` for an error."""
        if self.series < 19:
            return self._by_rpc(login, model, method, ids, kwargs)
        body = {**kwargs, **({} if ids is None else {"ids": list(ids)})}
        headers = {"Authorization": f"bearer {self.key_of(login)}", "X-Odoo-Database": self.db}
        url = f"{self.url}/json/2/{model}/{method}"
        answer = requests.post(url, json=body, headers=headers, timeout=TIMEOUT_S)
        if not answer.ok:
            raise RuntimeError(f"{answer.status_code} {answer.json()['name']}: {answer.json()['message']}")
        return answer.json()

    def _by_rpc(self, login: str, model: str, method: str, ids: Sequence[int] | None, kwargs: Mapping[str, Any]) -> Any:
        uid = self._rpc("common", "authenticate", self.db, login, self.key_of(login), {})
        args = [] if ids is None else [list(ids)]
        return self._rpc("object", "execute_kw", self.db, uid, self.key_of(login), model, method, args, dict(kwargs))

    def _rpc(self, service: str, method: str, *args: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "params": {"service": service, "method": method, "args": args}}
        answer = requests.post(f"{self.url}/jsonrpc", json=body, timeout=TIMEOUT_S).json()
        if "error" in answer:
            raise RuntimeError(f"{answer['error']['data']['name']}: {answer['error']['data']['message']}")
        return answer.get("result")

    def ask(self, by: str, subject: str, says: str, *, channel: str = "email", **more: Any) -> int:
        """A customer (by address) asks for help; ``more`` are fields of ``PersonAction`` in ``human_actions``."""
        body = {"by": by, "subject": subject, "says": says, "channel": channel, **more}
        found: int = self.admin("POST", "tickets", body)["ticket"]["id"]
        return found

    def act(self, ident: int, by: str, **more: Any) -> dict[str, Any]:
        """A person (login of an agent, address of a customer) changes a ticket; returns it."""
        found: dict[str, Any] = self.admin("POST", f"tickets/{ident}/acts", {"by": by, **more})["ticket"]
        return found

    def reply(self, ident: int, by: str, text: str, *, auto_reply: bool = False) -> dict[str, Any]:
        """A customer answers by mail, or an agent in public."""
        return self.act(ident, by, says=text, auto_reply=auto_reply)

    def phone(self, ident: int, by: str, text: str = "") -> None:
        """An agent logs a phone call with the customer."""
        self.admin("POST", f"tickets/{ident}/calls", {"by": by, "text": text})

    def ticket(self, ident: int) -> dict[str, Any]:
        """A ticket as it is, with the names of its ``tags``."""
        found: dict[str, Any] = self.admin("GET", f"tickets/{ident}")["ticket"]
        return found

    def messages(self, ident: int) -> list[dict[str, Any]]:
        """All messages of a ticket, oldest first."""
        found: list[dict[str, Any]] = self.admin("GET", f"tickets/{ident}")["messages"]
        return found

    def companies(self) -> dict[str, int]:
        """Customers that are companies: name -> id of the contact."""
        domain = [["is_company", "=", True], ["partner_share", "=", True]]
        found = self.call(self.admin_login, "res.partner", "search_read", domain=domain, fields=["name"])
        return {row["name"]: row["id"] for row in found}

    def allow_renewal(self) -> None:
        """Let users make API keys by program; series 18 cannot."""
        parameter = {"key": PROGRAMMATIC, "value": "True"}
        self.call(self.admin_login, "ir.config_parameter", "set_param", **parameter)

    def posts(self) -> list[dict[str, Any]]:
        """Webhook calls so far: ``url``, ``body`` and ``outcome`` (status, ``dropped``, or what went wrong)."""
        found: list[dict[str, Any]] = self.admin("GET", "posts")["posts"]
        return found
