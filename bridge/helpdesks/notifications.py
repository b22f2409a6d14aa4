"""Notifications outside the helpdesk, through apprise, for roles with a configured URL."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from types import MappingProxyType
from urllib.parse import quote

import apprise
import structlog

from bridge.config.sources import read_variable
from bridge.contacts import is_channel, variable_of
from bridge.decision import MessageKind, Plan, Say
from bridge.errors import HelpdeskError, InputError
from bridge.ports.helpdesk import BeforeWrite, always_write
from bridge.redaction import remember
from bridge.ticket import Ticket

log = structlog.get_logger()


class Notifier:
    """Sends notifications to the apprise URLs of roles. Failures are logged and returned."""

    def __init__(
        self,
        urls: Mapping[str, Iterable[str]],
        before_write: BeforeWrite = always_write,
        mail: str = "",
    ) -> None:
        """``mail``: the apprise URL of a mail server, for what is sent to addresses.

        Raises ``InputError`` for a URL that apprise does not know, or a variable that is not set.
        """
        self._before_write = before_write
        self._mail = _resolve_url("mail", mail) if mail else ""
        self._urls = {role: [_resolve_url(f"notify.{role}", url) for url in listed] for role, listed in urls.items()}

    def notify(self, ticket: Ticket, plan: Plan, confirmed: Container[str]) -> dict[str, str]:
        """Send the notifications of a plan that the helpdesk has confirmed; returns the failures.

        The keys are ``<key>/channel``, which belong to no action, so failures are reported but not tried again.
        """
        title = f"{ticket.ref}: {ticket.subject}"
        due = [message for message in plan.messages if message.kind is MessageKind.NOTIFY and message.key in confirmed]
        return {f"{message.key}/channel": problem for message in due if (problem := self.send(message, title))}

    def send(self, message: Say, title: str) -> str:
        """Send one notification; returns an empty text, or what went wrong.

        It is sent once, after the helpdesk has stored it as an internal note: if a channel is down, the note remains.
        """
        channels = [*self._urls.get(message.template, ()), *filter(is_channel, message.to)]
        texts = {each.channel: each.text for each in message.channels}
        title, text = message.subject or title, message.text or message.because
        failed = [_named(each) for each in channels if not self._sent(each, title, text, texts)]
        if not failed:
            return ""
        log.warning("notification_failed", role=message.template, channels=failed, key=message.key)
        return f"{message.template} was not notified by {', '.join(failed)}; the internal note is on the ticket"

    def deliver(self, recipient: str, title: str, text: str) -> str:
        """Send a text that belongs to no ticket to a role or an address; returns an empty text, or what went wrong."""
        try:
            urls = self._urls.get(recipient) or [self._channel(recipient)]
        except InputError as error:
            return str(error)
        failed = [_named(url) for url in urls if not self._sent(url, title, text)]
        return f"{recipient} was not reached by {', '.join(failed)}" if failed else ""

    def _channel(self, address: str) -> str:
        """The apprise URL of an address. Raises ``InputError``."""
        if is_channel(address):
            return address
        if "@" not in address:
            raise InputError(f"found {address!r} as a contact; allowed: an e-mail address or an apprise URL")
        if not self._mail:
            raise InputError(f"{address} cannot be reached; name a mail server under mail of the connection")
        return f"{self._mail}{'&' if '?' in self._mail else '?'}to={quote(address)}"

    def _sent(self, channel: str, title: str, text: str, texts: Mapping[str, str] = MappingProxyType({})) -> bool:
        """``texts``: those for some kinds of channels."""
        variable = variable_of(channel)
        url = read_variable(variable) if variable else channel
        try:
            self._before_write()
        except HelpdeskError:  # the note is on the ticket
            return False
        return _send(url, title, texts.get(_scheme(url), text))


def _send(url: str, title: str, text: str) -> bool:
    channel = apprise.Apprise()
    return bool(channel.add(url) and channel.notify(body=text or title, title=title))


def _resolve_url(where: str, url: str) -> str:
    if variable := variable_of(url):
        url = read_variable(variable)
        if not url:
            raise InputError(f"{where}: {unset(variable)}")
    remember(url)
    if not apprise.Apprise().add(url):
        if not is_channel(url):
            elsewhere = "an e-mail address belongs in the accounts file, or under roles in the policy"
            raise InputError(f"{where}: found no URL; allowed: apprise URLs and env:NAME; {elsewhere}")
        raise InputError(f"{where}: apprise does not know {_scheme(url)}://; see its list of services")
    return url


def unset(variable: str) -> str:
    """What to do about a variable that a channel names and that nobody has set."""
    return f"the environment variable {variable} is not set; set it, or {variable}_FILE, to an apprise URL"


def _named(channel: str) -> str:
    """A channel in messages: its variable or its scheme."""
    return channel if variable_of(channel) else _scheme(channel)


def _scheme(url: str) -> str:
    """The scheme of a URL; the rest of it is secret."""
    return url.partition(":")[0]
