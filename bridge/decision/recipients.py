"""Recipients of messages: addresses, and the URLs of channels, whose tokens no record and no page holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import PlainSerializer


def shown_recipients(recipients: Iterable[str]) -> tuple[str, ...]:
    """Recipients for records and people: of a channel, no more than its kind."""
    return tuple(map(_shown, recipients))


def _shown(recipient: str) -> str:
    scheme, is_channel, _ = recipient.partition("://")
    return f"{scheme}://***" if is_channel else recipient


Recipients = Annotated[tuple[str, ...], PlainSerializer(shown_recipients)]
"""Recipients that JSON holds as :func:`shown_recipients`."""
