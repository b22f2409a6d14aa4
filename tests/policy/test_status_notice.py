"""Messages about a status name it as the customer knows it: in the document, else in the helpdesk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bridge.evaluate import evaluate
from bridge.policy.load import load_policy
from bridge.ticket import Actor, Changed, Role, Status, Ticket, TicketRef

from .conftest import PACK

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
NOTICE = {"status_notice": {"clause": "AC-4", "message": "moved"}, "templates": {"moved": "Now: {status}."}}
LABELS = {"statuses": {"clause": "AC-4", "labels": {"in_progress": "Being worked on"}}}
GERMAN = {
    "translations": {"de": {"moved": "Jetzt: {status}."}},
    "translated_words": {"de": {"in progress": "in Arbeit"}},
}


@pytest.mark.parametrize(
    ("settings", "label", "text"),
    [
        ({}, "", "Now: in progress."),
        ({}, "Assigned", "Now: Assigned."),
        (LABELS, "Assigned", "Now: Being worked on."),
        (GERMAN, "Assigned", "Now: in progress."),
    ],
)
def test_the_name_of_a_status(tmp_path: Path, settings: dict[str, Any], label: str, text: str) -> None:
    (tmp_path / "acme.yaml").write_text(PACK)
    policy = load_policy(str(tmp_path / "acme.yaml"), NOTICE | settings)
    moved = Changed(
        at=START, actor=Actor(role=Role.BRIDGE), field="status", old=Status.NEW.value, new=Status.IN_PROGRESS.value
    )
    ticket = Ticket(
        ref=TicketRef(connection="acme", id="1"),
        created_at=START,
        type="incident",
        status=Status.IN_PROGRESS,
        status_label=label,
        timeline=(moved,),
    )
    (said,) = evaluate(ticket, None, policy, START).public_messages
    assert said.text == text
