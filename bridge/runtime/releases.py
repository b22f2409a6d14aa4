"""Releases: a person lets a ticket exceed the caps, once."""

from __future__ import annotations

from datetime import datetime

from bridge.ports.audit import audit_entry
from bridge.ports.store import Store
from bridge.ticket import TicketRef


def release_capped(store: Store, ref: TicketRef, who: str, now: datetime) -> int:
    """Free what caps withhold on a ticket from them, and have it reviewed now; returns how many actions."""
    return store.release(ref, who, audit_entry("release", f"{ref} released from caps by {who}", "", now), now)
