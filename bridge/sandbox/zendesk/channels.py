"""The channels through which people reach the account, and how the API shows that something came through one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.state import State
from bridge.sandbox.zendesk.tickets import ChangeOrigin

AUTO_REPLY_FLAG = 4
"""Zendesk's comment flag "the comment was automatically generated"."""

AUTO_REPLY_HEADERS = {
    "Auto-Submitted": "auto-replied",
    "Precedence": "bulk",
    "X-Autoreply": "yes",
    "X-Auto-Response-Suppress": "All",
}
SUPPORT_ADDRESS = "support@sandbox.example"
SUPPORT_PHONE = "+18005550100"


def via(channel: str, person: Mapping[str, Any]) -> Record:
    """The ``via`` object of something a person sent through a channel; ``phone`` is Zendesk's ``voice``."""
    source: Record = {"from": {}, "to": {}, "rel": None}
    if channel == "email":
        source["from"] = {"address": person["email"], "name": person["name"]}
        source["to"] = {"name": "Support", "address": SUPPORT_ADDRESS}
    elif channel in ("phone", "voice"):
        source["from"] = {"phone": person.get("phone") or "", "name": person["name"]}
        source["to"] = {"phone": SUPPORT_PHONE, "name": "Support"}
        source["rel"] = "inbound"
    return {"channel": "voice" if channel == "phone" else channel, "source": source}


def origin_of(state: State, by: str | int, channel: str, *, auto_reply: bool = False) -> ChangeOrigin:
    """Somebody acting through a channel.

    An automatic reply carries what Zendesk's API shows of it: flag 4 and ``machine_generated``. The mail's own headers
    are not in the real API (only a pointer, ``raw_email_identifier``); the sandbox shows them under
    ``metadata.system.raw_email.headers``, so that a client which is given headers by other means can be tried.
    """
    person = state.person(by)
    system: Record = {}
    if channel == "email":
        message = f"<{state.new_id()}@{str(person['email']).partition('@')[2]}>"
        system = {
            "message_id": message,
            "raw_email_identifier": f"{state.account_id}/{state.new_id()}.eml",
        }
    if auto_reply:
        system |= {"machine_generated": True, "raw_email": {"headers": AUTO_REPLY_HEADERS}}
    return ChangeOrigin(person, via=via(channel, person), system=system, flags=(AUTO_REPLY_FLAG,) if auto_reply else ())
