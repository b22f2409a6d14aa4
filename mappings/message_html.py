"""Messages as HTML, and the e-mail addresses among their recipients: what is the same for every vendor. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from bridge.decision import MessageKind, Say
from bridge.decision.display import role_title


def text_of_message(message: Say) -> str:
    """The text of a message, or the name of its template where it has none."""
    return message.text or message.template.replace("_", " ")


def paragraphs(html: str) -> str:
    """Escaped text with blank lines as ``<p>`` and line breaks as ``<br>``."""
    return "".join(f"<p>{part.replace(chr(10), '<br>')}</p>" for part in re.split(r"\n\s*\n", html))


def with_recipients(html: str, message: Say, addresses: Iterable[str]) -> str:
    """A notification with a first line that names its role and addresses; other messages unchanged."""
    if message.kind is not MessageKind.NOTIFY:
        return html
    role, listed = role_title(message.template), ", ".join(addresses)
    return f"<p><strong>To the {escape(role)}{f' ({escape(listed)})' if listed else ''}:</strong></p>{html}"


def email_addresses(recipients: Iterable[str]) -> list[str]:
    """The e-mail addresses among roles, addresses and channel URLs."""
    return [part.strip() for part in recipients if "@" in part and "://" not in part]
