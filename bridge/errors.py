"""Errors, sorted by what to do next. Adapters translate vendor exceptions into these."""

from __future__ import annotations


class BridgeError(Exception):
    """Base of every error this program raises on purpose; its text is one line a user can act on."""


class InputError(BridgeError):
    """A file or setting that cannot be used. The text names what was found, where, and what is allowed."""


class Unknown(InputError):
    """Something that was named is not known here. The text says what is."""


class HelpdeskError(BridgeError):
    """Base of what a helpdesk can answer instead of doing what we asked."""


class Retry(HelpdeskError):
    """Nothing is wrong with the request; ask again later."""

    def __init__(self, reason: str, *, after: float | None = None, all_tickets: bool = False) -> None:
        """``after``: seconds the vendor asked us to wait; ``all_tickets``: it concerns the whole connection."""
        super().__init__(reason)
        self.after = after
        self.all_tickets = all_tickets


class Unavailable(Retry):
    """The helpdesk cannot be reached or does not answer as it should: its own error, or a lost connection."""


class Denied(Retry):
    """The helpdesk refuses the connection as a whole. An administrator has to act, and the tickets wait for it."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason, after=after, all_tickets=True)


class Misconfigured(Denied):
    """Something that the configuration names does not exist in the helpdesk, and nothing works without it."""


class Conflict(HelpdeskError):
    """The ticket changed since it was read: read it and decide again."""


class Stopped(HelpdeskError):
    """Nothing may be written now: somebody has stopped all writing, or that to this connection."""


class GiveUp(HelpdeskError):
    """The vendor will never accept this; the ticket is parked with this reason and needs attention."""

    def __init__(self, reason: str, explanation: str = "") -> None:
        """``explanation``: the vendor's own words where it does not accept a value of an update and has carried out
        nothing; the rest may stand without that value.
        """
        super().__init__(reason)
        self.explanation = explanation


class Forbidden(GiveUp):
    """The vendor refuses access: to this ticket, or to every ticket, which a single answer does not tell."""


class Gone(GiveUp):
    """The ticket does not exist any more: it leaves the queue, and nobody has to do anything."""
