"""What people do in the sandbox other than through the API: write mails, fill in forms, telephone, click as agents.

The tests' control API and the samples use the same functions, and both end in the desk's rules.
"""

from __future__ import annotations

from bridge.sandbox.record import Record
from bridge.sandbox.zendesk.account import ZendeskAccount
from bridge.sandbox.zendesk.channels import SUPPORT_PHONE, origin_of
from bridge.sandbox.zendesk.tickets import ChangeOrigin


def ask(account: ZendeskAccount, by: str | int, channel: str, ticket: Record) -> Record:
    """Somebody sends a new request; returns the ticket. Raises the refusals of the API."""
    origin = origin_of(account.state, by, channel)
    created, _ = account.ticket_writer.create({"requester_id": origin.actor["id"], **ticket}, origin)
    return created


def change(
    account: ZendeskAccount,
    ident: int,
    by: str | int,
    ticket: Record,
    *,
    channel: str = "web",
    auto_reply: bool = False,
) -> Record:
    """Somebody changes a ticket; returns the ticket. Raises the refusals of the API."""
    changed, _ = account.ticket_writer.update(
        ident, ticket, origin_of(account.state, by, channel, auto_reply=auto_reply)
    )
    return changed


def phone_call(account: ZendeskAccount, ident: int, by: str | int, text: str = "", minutes: int = 5) -> Record:
    """An agent logs a call with the requester of a ticket."""
    state = account.state
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
    origin = ChangeOrigin(agent, via={"channel": "voice", "source": source})
    return account.ticket_writer.update(ident, {"voice_comment": call}, origin)[0]
