"""Records of the account that may mean the same as one that would be created."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from bridge.helpdesks.setup.listing import listed
from bridge.helpdesks.zendesk.setup.context import PlacedRecord
from bridge.ports.helpdesk import Diagnosis

_NAMED = 5
"""This many are listed; the others are counted."""
_ENOUGH = 0.8
"""So much of two names is the same if one may be another spelling of the other."""


def similar(placed: PlacedRecord, others: Sequence[str]) -> Iterator[Diagnosis]:
    """Say what is there already, so that nothing is doubled unseen."""
    if others:
        section, name = placed.place
        what = f"{placed.record.name} is new, and the account already has {listed(others, _NAMED)}"
        advice = f"{what}; to use one of yours instead, write its id at {section}.{name} in the file"
        yield Diagnosis(f"{section}.{name}", ok=True, advice=advice, warns=True)


def is_alike(name: str, other: str) -> bool:
    """Whether two names may mean the same: all words of one are in the other, or they are spelled nearly alike."""
    one, two = name.casefold(), other.casefold()
    words = set(one.split()), set(two.split())
    return words[0] <= words[1] or words[1] <= words[0] or SequenceMatcher(None, one, two).ratio() >= _ENOUGH
