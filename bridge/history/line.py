"""The written form of a history: NDJSON of canonical tickets, one a line, between a head and an end.

The format is public (docs/backtest.md): it grows by adding keys, and a new ``version`` says that old readers cannot
read it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal

from bridge.account import Account
from bridge.ports.native_targets import NativeTarget
from bridge.ticket import Facts, Instant, Ticket, TimelineEntry

FORMAT = "policybridge-history"
VERSION = 1


class HistoryLine(Facts):
    """One ticket with its whole timeline, and the account that it belongs to."""

    ticket: Ticket
    account: Account | None = None
    native: tuple[NativeTarget, ...] = ()
    """What the helpdesk's own SLA said; empty where nobody knows."""

    def without_texts(self) -> HistoryLine:
        """The same without what people wrote: subject, description, messages, names and remarks.

        Addresses stay, because contracts name people by them.
        """
        ticket = self.ticket
        silent = {
            "subject": "",
            "description": "",
            "requester": ticket.requester.model_copy(update={"name": ""}),
            "timeline": tuple(_without_text(entry) for entry in ticket.timeline),
        }
        return self.model_copy(update={"ticket": ticket.model_copy(update=silent)})

    def as_line(self) -> str:
        """One line of the file, without its line break."""
        written = self.model_dump(mode="json", exclude_defaults=True)
        timeline = zip(self.ticket.timeline, written["ticket"].get("timeline", ()), strict=False)
        written["ticket"]["timeline"] = [{"kind": entry.kind, **rest} for entry, rest in timeline]
        return json.dumps(written, ensure_ascii=False, separators=(",", ":"))


class Head(Facts):
    """The first line of a history."""

    format: Literal["policybridge-history"]
    version: Literal[1]
    source: str = ""
    """Where it comes from, for people."""
    taken_at: Instant | None = None
    """When it was taken: nothing is known of what happened later."""
    texts: bool = True
    """False: what people wrote was left out."""


def head_line(source: str, taken_at: Any, *, texts: bool) -> str:
    """The first line of a file."""
    head = Head(format=FORMAT, version=VERSION, source=source, taken_at=taken_at, texts=texts)
    return head.model_dump_json()


def end_line(tickets: int, problems: Mapping[str, int]) -> str:
    """The last line of a file, by which a reader knows that nothing is missing."""
    return json.dumps({"end": {"tickets": tickets, "problems": dict(sorted(problems.items()))}})


def _without_text(entry: TimelineEntry) -> TimelineEntry:
    actor = entry.actor.model_copy(update={"name": ""})
    emptied: dict[str, Any] = {"actor": actor}
    emptied |= {name: "" for name in ("text", "remarks") if hasattr(entry, name)}
    return entry.model_copy(update=emptied)
