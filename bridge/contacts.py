"""Contacts of a role as people write them: e-mail addresses and channels, one or several in a text."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_CHANNEL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")


def contacts_in(text: str) -> list[str]:
    """The single contacts of a role."""
    return [contact for contact in re.split(r"[\s,;]+", text) if contact]


def unreachable_contacts(text: str) -> list[str]:
    """What in a text is neither an e-mail address nor the URL of a channel; the text itself where it has no contact."""
    contacts = contacts_in(text)
    return [each for each in contacts if not (_ADDRESS.fullmatch(each) or _CHANNEL.fullmatch(each))] or (
        [] if contacts else [text]
    )
