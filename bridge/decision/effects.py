"""Effects: what the bridge does to a ticket. It sets a value, clears one, or says something."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field as ModelField

from bridge.decision.citation import Cited, NonEmpty
from bridge.decision.linked_text import LinkedText, TextLink
from bridge.decision.recipients import Recipients
from bridge.decision.targets import RecordedTarget
from bridge.ticket import Facts

PRESENT = "present"
"""How records write the value of a tag that is there; empty text is that of what is not there."""

Value = bool | int | str


class MessageKind(StrEnum):
    """Whom a message reaches."""

    PUBLIC_MESSAGE = "public_message"
    """The customer."""
    INTERNAL_NOTE = "internal_note"
    """The agents."""
    NOTIFY = "notify"
    """The contact of a role."""


class ChannelText(Facts):
    """What a notification says on one kind of channel, in place of its text."""

    channel: str
    """The scheme of the channel's URL, such as ``slack``."""
    text: str
    links: tuple[TextLink, ...] = ModelField(default=(), exclude_if=lambda links: not links)

    @property
    def linked_text(self) -> LinkedText:
        """The text with its links."""
        return LinkedText(self.text, self.links)


class Set(Cited):
    """Write a value."""

    target: RecordedTarget
    value: Value = True
    """True for a tag, which is there or not."""
    key: NonEmpty
    to: tuple[str, ...] = ()
    """Addresses of the people a value names by role, such as an audience."""
    shown: str = ModelField(default="", exclude_if=lambda text: not text)
    """What a text field shows people in place of the value; empty: the value itself."""


class Clear(Cited):
    """Remove a tag, or empty a field. Of the system fields only an undo is emptied: a policy sets them."""

    target: RecordedTarget
    key: NonEmpty


class Say(Cited):
    """Send a message to the customer, leave a note for the agents, or notify a role; once for its key."""

    kind: MessageKind = ModelField(validation_alias="speech", serialization_alias="speech")
    key: NonEmpty
    template: NonEmpty
    """Name of the template; for ``notify`` the role."""
    text: str = ""
    """The rendered text, plain, as a person reads it."""
    links: tuple[TextLink, ...] = ModelField(default=(), exclude_if=lambda links: not links)
    """The places of its links in the text."""
    to: Recipients = ()
    """Addresses the role resolved to; empty for public messages, notes and roles without a contact."""
    subject: str = ModelField(default="", exclude_if=lambda text: not text)
    """Of a notification, on channels that have one; empty: the ticket's."""
    channels: tuple[ChannelText, ...] = ModelField(default=(), exclude_if=lambda channels: not channels)
    """Texts of a notification for some kinds of channels."""

    @property
    def is_public(self) -> bool:
        """Whether the customer reads it."""
        return self.kind is MessageKind.PUBLIC_MESSAGE

    @property
    def linked_text(self) -> LinkedText:
        """The text with its links."""
        return LinkedText(self.text, self.links)


Action = Set | Clear | Say
"""One thing to write."""


def recorded_value(value: Value | None) -> int | str:
    """A value as records write it."""
    if value is None:
        return ""
    return PRESENT if value is True else value
