"""The identity of an installation: which database knows of a write. The marks that it leaves in a helpdesk carry it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

_FORM = re.compile(r"([0-9a-f]{8})([0-9a-f]{8})([0-9a-f]{4})(?:-.*)?")


@dataclass(frozen=True)
class InstallationId:
    """Who came first is written in the ids themselves, so that two installations that meet agree on it."""

    took_over: int = 0
    """When a person said that it is the one to continue, in seconds since 1970; 0: nobody had to."""
    began: int = 0
    """When it first started, in seconds since 1970."""
    suffix: str = "0000"

    @classmethod
    def new(cls, now: datetime, chance: str) -> InstallationId:
        """The id of an installation that starts for the first time. ``chance``: four random hexadecimal digits."""
        return cls(began=int(now.timestamp()), suffix=chance)

    @classmethod
    def of(cls, text: str) -> InstallationId | None:
        """Read an id, or the one with which the id of a review begins; None: it was made by an older version."""
        found = _FORM.fullmatch(text)
        return cls(int(found[1], 16), int(found[2], 16), found[3]) if found else None

    def taking_over(self, now: datetime, chance: str) -> InstallationId:
        """The id of the same installation once a person has said that it is the one to continue."""
        return InstallationId(max(int(now.timestamp()), self.took_over + 1), self.began, chance)

    def precedes(self, other: InstallationId) -> bool:
        """Whether this one continues where both write: the last that took over, else the first that started."""
        return (-self.took_over, self.began, self.suffix) < (-other.took_over, other.began, other.suffix)

    def __str__(self) -> str:
        return f"{self.took_over:08x}{self.began:08x}{self.suffix}"
