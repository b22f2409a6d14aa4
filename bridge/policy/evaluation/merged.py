"""What a merged ticket brings with it, where the policy lets it count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class HeadStart:
    """The time that a ticket merged into this one had been waiting when this one was created."""

    begin: datetime
    """When the other ticket was created."""
    end: datetime
    """When this one was."""
    since: datetime
    """The merge: nothing that follows from the head start happens before it."""
    source: str
    """The other ticket."""
