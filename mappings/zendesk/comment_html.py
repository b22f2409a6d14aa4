"""Comments of a Zendesk ticket as HTML that shows exactly what a message says. Pure."""

from __future__ import annotations

import re
from html import escape

from bridge.decision import Say
from mappings.message_html import email_addresses, paragraphs, text_of_message, with_recipients

_LIQUID = re.compile(r"\{(?=[{%])")
_INVISIBLE = "\u200b"


def to_html(text: str) -> str:
    """Plain text as HTML that shows exactly this text.

    Zendesk renders ``{{placeholders}}`` in comments, even in text that a customer wrote, so they are broken up.
    https://developer.zendesk.com/rest_api/docs/support/ticket_comments/
    """
    return paragraphs(escape(_LIQUID.sub("{" + _INVISIBLE, text.strip()), quote=False))


def comment_html(message: Say) -> str:
    """A message as the body of a comment."""
    return with_recipients(to_html(text_of_message(message)), message, email_addresses(message.to))
