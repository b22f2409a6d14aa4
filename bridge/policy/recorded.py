"""Policies of recorded pack texts: the one place where they are built."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from bridge.errors import BridgeError
from bridge.policy.model import Policy


def recorded_policy(text: Mapping[str, Any]) -> Policy:
    """The policy of a pack text as a review or a version recorded it, in old words too; the same text is built once.

    Raises ``BridgeError`` when another version of this program has written it and this one cannot read it.
    """
    try:
        return _build(json.dumps(text))
    except ValidationError as error:
        raise BridgeError(
            f"this program cannot read the text of pack {text.get('pack', 'unknown')}, version "
            f"{text.get('version', 'unknown')} ({error.error_count()} errors); "
            "use the version of Policybridge that recorded it"
        ) from error


@lru_cache(256)
def _build(source: str) -> Policy:
    return Policy.of_record(json.loads(source))
