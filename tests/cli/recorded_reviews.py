"""What the tests of the commands for single tickets share: requests and tags at the helpdesk, and a recorded review."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import requests

from bridge.account import Account
from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.ports.reviews import Review
from bridge.sandbox.zendesk.process import ZendeskSandbox
from bridge.store import open_store
from bridge.ticket import Ticket, TicketRef

AT = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)


def writes(zendesk: ZendeskSandbox) -> list[dict[str, Any]]:
    return [request for request in zendesk.requests("PUT") if "/tickets/" in request["path"]]


def tags(zendesk: ZendeskSandbox, ident: str) -> set[str]:
    found = requests.get(f"{zendesk.url}/api/v2/tickets/{ident}.json", auth=zendesk.auth, timeout=30)
    return set(found.json()["ticket"]["tags"])


def record_review(machine: Any, outcome: str = "applied", decided: bool = True) -> Review:
    """A review of acme:7 as a worker would have recorded it, in the machine's database."""
    policy = load_policy("maas360")
    ref = TicketRef(connection="acme", id="7")
    ticket = Ticket.model_validate(
        {"ref": ref, "created_at": AT.replace(hour=8), "facts": {"affected": "all"}, "status": "open", "version": "1"}
    )
    decision = evaluate(ticket, Account(), policy, AT) if decided else None
    review = Review(
        id=f"review{AT.minute}",
        ref=ref,
        at=AT,
        why="due",
        outcome=outcome,
        detail="" if decided else "the helpdesk does not answer",
        ticket=ticket,
        account=Account(),
        decision=decision,
        pack=policy.source,
    )
    with closing(open_store(machine.environment["POLICYBRIDGE_DATABASE_URL"])) as store:
        store.wake(ref, AT, "due")
        (claim,) = store.claim(AT, limit=1, lease_s=60)
        assert store.finish(claim, review, confirmed=(), due=None)
    return review
