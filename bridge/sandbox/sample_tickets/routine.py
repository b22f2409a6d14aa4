"""Routine tickets that keep the help desk busy in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from bridge.sandbox.runner import SampleTicket, Step
from bridge.sandbox.sample_tickets.builders import (
    ACME,
    AGENT,
    AIR,
    BANK,
    CONFIRMED,
    SECOND_AGENT,
    after,
    intake,
    mail,
    resolves,
)

_ROUTINE = (
    ("Wi-Fi profile asks twice", ACME, "email", "individual", "minor", AGENT),
    ("Reports arrive without attachments", BANK, "web", "small", "significant", SECOND_AGENT),
    ("Devices of one site do not report", AIR, "phone", "significant", "significant", AGENT),
    ("Remote wipe waits for an hour", BANK, "phone", "individual", "major", SECOND_AGENT),
    ("App update hangs on some phones", ACME, "email", "small", "minor", SECOND_AGENT),
)
_ROUTINE_EVERY = timedelta(minutes=90)
_ROUTINE_COUNT = 110


def routine() -> Iterator[SampleTicket]:
    """An ordinary ticket every ninety minutes, for about a week: taken, updated, solved, confirmed."""
    for number in range(_ROUTINE_COUNT):
        subject, by, channel, affected, impact, agent = _ROUTINE[number % len(_ROUTINE)]
        taken = timedelta(minutes=15 + 50 * (number % 4))
        yield SampleTicket(
            after(hours=2) + number * _ROUTINE_EVERY,
            by,
            channel,
            f"{subject} (site {number + 1})",
            "Please have a look.",
            intake(affected, impact),
            (
                Step(taken, agent, "We are looking.", status="in_progress", assignee=agent),
                Step(taken + after(hours=2), agent, "Still working on it."),
                resolves(taken + after(hours=5), agent),
                mail(taken + after(hours=6), by, "Yes, solved.", CONFIRMED),
            ),
        )
