"""Where the present comes from."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class WallClock(Protocol):
    """The only source of the present; given to ``app``, ``jobs`` and the command line, never to the core."""

    def __call__(self) -> datetime: ...
