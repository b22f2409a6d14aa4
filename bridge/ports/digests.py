"""Digests that were sent, so that each recipient gets each of them once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class DigestKey:
    """One digest for one recipient."""

    pack: str
    name: str
    connection: str
    recipient: str
    at: datetime
    """The instant for which it was due."""


class DigestStore(Protocol):
    """Keeps who has got which digest."""

    def is_digest_sent(self, key: DigestKey) -> bool:
        """Whether it was sent."""

    def claim_digest(self, key: DigestKey, now: datetime) -> bool:
        """Claim it before sending it. False: it was sent, or a process that may still be alive is about to send it."""

    def end_digest(self, key: DigestKey, now: datetime, *, is_sent: bool) -> None:
        """Note that it was sent, or that it could not be; then it is tried again after a while."""

    def forget_digests(self, before: datetime) -> None:
        """Forget those that were due before an instant."""
