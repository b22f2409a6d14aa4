"""Recipients of messages: addresses, and the URLs of channels, whose tokens no record and no page holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import PlainSerializer

from bridge.contacts import without_tokens


def shown_recipients(recipients: Iterable[str]) -> tuple[str, ...]:
    """Recipients for records and people: of a channel, no more than its kind."""
    return tuple(map(without_tokens, recipients))


Recipients = Annotated[tuple[str, ...], PlainSerializer(shown_recipients)]
"""Recipients that JSON holds as :func:`shown_recipients`."""
