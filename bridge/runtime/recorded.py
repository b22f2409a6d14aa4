"""What reviews have recorded, as reports read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from bridge.decision import KeptClocks
from bridge.policy.model import Policy
from bridge.report import Recorded
from bridge.store import SqlStore
from bridge.store.recorded import last_reviews


def recorded(store: SqlStore) -> Iterator[Recorded]:
    """Every ticket that was judged, as the last review saw it."""
    for review in last_reviews(store):
        if review.ticket and review.account and review.decision and review.pack:
            yield Recorded(
                review.ticket, review.account, _policy(review.pack), review.decision, review.kept or KeptClocks()
            )


def _policy(text: dict[str, Any]) -> Policy:
    return _read(json.dumps(text))


@lru_cache(64)
def _read(text: str) -> Policy:
    return Policy.of(json.loads(text))
