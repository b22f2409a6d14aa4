"""Telling people outside the helpdesk, through apprise, where an admin configured a URL for their role."""

from __future__ import annotations

import os
from collections.abc import Container, Iterable, Mapping

import apprise
import structlog

from bridge.decision import MessageKind, Plan, Say
from bridge.errors import InputError
from bridge.ticket import Ticket

log = structlog.get_logger()


class Notifier:
    """Apprise URLs by role. What cannot be delivered is logged and returned, never dropped in silence."""

    def __init__(self, urls: Mapping[str, Iterable[str]], environ: Mapping[str, str] = os.environ) -> None:
        """Raises ``InputError`` for a URL that apprise does not know, or a variable that is not set."""
        self._urls = {role: [_resolved(role, url, environ) for url in listed] for role, listed in urls.items()}

    def carry(self, ticket: Ticket, plan: Plan, confirmed: Container[str]) -> dict[str, str]:
        """Tell what a plan's roles have to know once the helpdesk has taken it.

        What did not get through is under ``<key>/channel``, which no action has, so that it is reported and not done
        again.
        """
        title = f"{ticket.ref}: {ticket.subject}"
        told = [message for message in plan.messages if message.kind is MessageKind.NOTIFY and message.key in confirmed]
        return {f"{message.key}/channel": fault for message in told if (fault := self.tell(message, title))}

    def tell(self, message: Say, title: str) -> str:
        """Send one ``notify``; returns an empty text, or what went wrong.

        It happens after the helpdesk has taken the word as an internal note, and once only: a channel that was down
        is reported with the review, the note and its followers stay.
        """
        urls = [*self._urls.get(message.template, ()), *(part for part in message.to if "://" in part)]
        failed = [_scheme(url) for url in urls if not _send(url, title, message.text or message.because)]
        if not failed:
            return ""
        log.warning("notification failed", role=message.template, channels=failed, key=message.key)
        return f"{message.template} was not reached by {', '.join(failed)}; the internal note is on the ticket"


def _send(url: str, title: str, text: str) -> bool:
    channel = apprise.Apprise()
    return bool(channel.add(url) and channel.notify(body=text or title, title=title))


def _resolved(role: str, url: str, environ: Mapping[str, str]) -> str:
    kind, _, variable = url.partition(":")
    if kind == "env":
        url = environ.get(variable, "")
        if not url:
            raise InputError(f"notify.{role}: the environment variable {variable} is not set; set it to an apprise URL")
    if not apprise.Apprise().add(url):
        raise InputError(f"notify.{role}: apprise knows no channel {_scheme(url)}://; see its list of services")
    return url


def _scheme(url: str) -> str:
    """The kind of a channel; the rest of its URL is secret."""
    return url.partition(":")[0]
