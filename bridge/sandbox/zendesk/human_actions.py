"""What people do in the sandbox other than through the API: write mails, fill in forms, telephone, click as agents.

The tests' side-door and the stories use the same functions, and both end in the desk's rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from bridge.sandbox.zendesk.state import Record
from bridge.sandbox.zendesk.tickets import Act

if TYPE_CHECKING:
    from bridge.sandbox.zendesk.account import House

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


def act_of(house: House, by: str | int, channel: str, *, auto_reply: bool = False) -> Act:
    """Somebody acting through a channel.

    An automatic reply carries what Zendesk's API shows of it: flag 4 and ``machine_generated``. The mail's own headers
    are not in the real API (only a pointer, ``raw_email_identifier``); the sandbox shows them under
    ``metadata.system.raw_email.headers``, so that a client which is given headers by other means can be tried.
    """
    person = house.state.person(by)
    system: Record = {}
    if channel == "email":
        message = f"<{house.state.new_id()}@{str(person['email']).partition('@')[2]}>"
        system = {"message_id": message, "raw_email_identifier": f"{house.state.account_id}/{house.state.new_id()}.eml"}
    if auto_reply:
        system |= {"machine_generated": True, "raw_email": {"headers": AUTO_REPLY_HEADERS}}
    return Act(person, via=via(channel, person), system=system, flags=(AUTO_REPLY_FLAG,) if auto_reply else ())


def ask(house: House, by: str | int, channel: str, ticket: Record) -> Record:
    """Somebody sends a new request; returns the ticket. Raises the refusals of the API."""
    act = act_of(house, by, channel)
    created, _ = house.desk.create({"requester_id": act.actor["id"], **ticket}, act)
    return created


def change(
    house: House, ident: int, by: str | int, ticket: Record, *, channel: str = "web", auto_reply: bool = False
) -> Record:
    """Somebody changes a ticket; returns the ticket. Raises the refusals of the API."""
    changed, _ = house.desk.update(ident, ticket, act_of(house, by, channel, auto_reply=auto_reply))
    return changed


def phone_call(house: House, ident: int, by: str | int, text: str = "", minutes: int = 5) -> Record:
    """An agent logs a call with the requester of a ticket."""
    state = house.state
    agent, requester = state.person(by), state.users[state.ticket(ident)["requester_id"]]
    call = {
        "from": SUPPORT_PHONE,
        "to": requester.get("phone") or "+15550100",
        "recording_url": "",
        "started_at": state.clock().strftime("%Y-%m-%d %H:%M:%S +0000"),
        "call_duration": minutes * 60,
        "answered_by_id": requester["id"],
        "transcription_text": text,
        "location": "",
        "public": False,
        "author_id": agent["id"],
    }
    source = {"from": {"phone": SUPPORT_PHONE, "name": "Support"}, "to": {"phone": call["to"]}, "rel": "outbound"}
    act = Act(agent, via={"channel": "voice", "source": source})
    return house.desk.update(ident, {"voice_comment": call}, act)[0]
