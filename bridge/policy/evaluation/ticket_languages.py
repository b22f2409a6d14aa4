"""The languages of a ticket: what its requester, its account and its own text say of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from bridge.account import Account
from bridge.policy.evaluation.language_detection import likely_languages, script_language
from bridge.ticket import Ticket


class TicketLanguages:
    """The languages of one ticket, each question answered once."""

    def __init__(self, ticket: Ticket, account: Account) -> None:
        self._ticket = ticket
        self._account = account

    @cached_property
    def of_ticket(self) -> frozenset[str]:
        """The languages it is in: the one of the requester's locale, and the one its text clearly is in."""
        locale = self._ticket.requester.locale.replace("_", "-").split("-")[0].lower()
        spoken = self.of_text if len(self.of_text) == 1 else frozenset()
        return spoken | frozenset(filter(None, (locale,)))

    @property
    def of_reader(self) -> Iterator[str]:
        """The languages of whoever reads a message: the requester's, the account's, then that of the ticket's text."""
        yield from filter(None, (self._ticket.requester.locale,))
        yield from self._account.agreed_languages
        yield from self.of_text if len(self.of_text) == 1 else ()

    @cached_property
    def of_text(self) -> frozenset[str]:
        """The languages of which its text is surely in one.

        A subject in a script of its own decides, such as Japanese over an English description; where subject and
        description are in different languages otherwise, the description.
        """
        subject, description = self._ticket.subject, self._ticket.description
        if language := script_language(subject):
            return frozenset({language})
        return likely_languages(f"{subject} {description}") or likely_languages(description)
