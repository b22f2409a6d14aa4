"""Contacts of a role as people write them: e-mail addresses and channels, one or several in a text.

A channel is an apprise URL, which holds its token, or ``env:NAME``, the variable or file of secrets that has the URL.
"""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^\s,;\"]+")
_VARIABLE = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


def contacts_in(text: str) -> list[str]:
    """The single contacts of a role."""
    return [contact for contact in re.split(r"[\s,;]+", text) if contact]


def is_channel(contact: str) -> bool:
    """Whether a contact is a channel, not an address."""
    return holds_token(contact) or variable_of(contact) != ""


def holds_token(contact: str) -> bool:
    """Whether a contact is the URL of a channel, which whoever reads it can use."""
    return _URL.match(contact) is not None


def variable_of(contact: str) -> str:
    """The variable that has the URL of a channel; empty for any other contact."""
    found = _VARIABLE.fullmatch(contact)
    return found[1] if found else ""


def without_tokens(text: str) -> str:
    """A text in which of each channel no more than its kind is left."""
    return _URL.sub(r"\1***", text)


def unreachable_contacts(text: str) -> list[str]:
    """What in a text is neither an e-mail address nor a channel; the text itself where it has no contact."""
    contacts = contacts_in(text)
    return [each for each in contacts if not (_ADDRESS.fullmatch(each) or is_channel(each))] or (
        [] if contacts else [text]
    )
