"""Templates: the texts of a pack, and the words that are filled in."""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDER = re.compile(r"\{(\w+)\}", re.ASCII)
APPROVAL_LINK = "(approval link)"
"""What ``{approval_link}`` becomes: the runtime puts the link in its place, or leaves the sentence out."""
CONFIRMATION_LINK = "(confirmation link)"
"""What ``{confirmation_link}`` becomes, where the customer can confirm the resolution."""
PLACEHOLDERS = frozenset(
    {
        "approval_link",
        "reason",
        "cadence",
        "clause",
        "closes_in",
        "confirmation_link",
        "level",
        "suggestion",
        "proposed",
    }
    | {"remark", "requester", "role", "stage", "status", "subject", "terms", "ticket", "title"}
)
"""Placeholders a template may use."""


def fill(text: str, words: Mapping[str, object]) -> str:
    """A template with its placeholders filled in; what is filled in is never a template itself."""
    text = PLACEHOLDER.sub(lambda found: str(words.get(found[1], "")), text)
    return re.sub(r"[ \t]+(?=\n|$)", "", re.sub(r" {2,}", " ", text)).strip()
