"""A real SMTP server that keeps what it receives."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope, Session

from .processes import free_port


@dataclass
class Mailbox:
    """What came in, and how the server behaves."""

    mails: list[tuple[list[str], EmailMessage]] = field(default_factory=list)
    """Receivers and mail, in the order in which they came."""
    asked: int = 0
    """How many mails somebody has tried to send."""
    refuses_after_s: float = 0.0
    """If it is not 0, every sender waits so long and is refused."""
    url: str = ""
    """As apprise names the server; ``&to=`` adds a receiver."""

    async def handle_DATA(self, server: object, session: Session, envelope: Envelope) -> str:
        self.asked += 1
        if self.refuses_after_s:
            await asyncio.sleep(self.refuses_after_s)
            return "451 later"
        mail = message_from_bytes(cast(bytes, envelope.content), policy=policy.default)
        self.mails.append((envelope.rcpt_tos, cast(EmailMessage, mail)))
        return "250 OK"

    def texts(self) -> dict[str, str]:
        """The last text that each receiver got."""
        found = {}
        for receivers, mail in self.mails:
            if body := mail.get_body(("plain",)):
                found |= dict.fromkeys(receivers, body.get_content())
        return found


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """A mailbox with its server, as long as the block lasts."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    mailbox.url = f"mailto://127.0.0.1:{controller.port}?from=bridge@vendor.example&format=text"
    try:
        yield mailbox
    finally:
        controller.stop()
