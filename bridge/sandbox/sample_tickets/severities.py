"""Tickets of every severity, from a critical one that nobody resolves to a question."""

from __future__ import annotations

from bridge.sandbox.runner import SampleTicket, Step
from bridge.sandbox.sample_tickets.builders import (
    ACME,
    AGENT,
    AIR,
    BANK,
    CONFIRMED,
    EXPERT,
    SECOND_AGENT,
    after,
    intake,
    mail,
    resolves,
)


def critical_nobody_resolves() -> SampleTicket:
    body = "Nobody can open the console; every device in the company is without its profile."
    return SampleTicket(
        after(),
        ACME,
        "phone",
        "Console down for everybody",
        body,
        intake("all", "catastrophic"),
        (
            Step(after(hours=26), EXPERT, "I have taken this over.", status="in_progress", assignee=EXPERT),
            mail(after(hours=27), ACME, "Thank you. What can we tell our staff?"),
            resolves(after(hours=31), EXPERT, "A certificate had expired. The console is back."),
            mail(after(hours=32), ACME, "Confirmed, everything works again.", CONFIRMED),
        ),
    )


def high_with_updates() -> SampleTicket:
    progress = "We have reproduced it and are testing a fix."
    return SampleTicket(
        after(minutes=5),
        BANK,
        "phone",
        "Mail profile removed on a third of the tablets",
        "Started this morning.",
        intake("significant", "major"),
        (
            Step(after(minutes=20), AGENT, assignee=AGENT),
            Step(after(minutes=35), AGENT, "We are looking into it.", status="in_progress"),
            Step(after(hours=4), AGENT, progress),
            Step(after(hours=7), AGENT, call="Told the help desk that the test is going well."),
            Step(after(hours=13), EXPERT, "The fix is rolling out.", assignee=EXPERT),
            resolves(after(hours=20), EXPERT),
            mail(after(hours=22), BANK, "All tablets have their mail again.", CONFIRMED),
        ),
    )


def medium_with_missing_intake() -> SampleTicket:
    forgot = ("device", "username", "devices_affected")
    return SampleTicket(
        after(minutes=8),
        AIR,
        "email",
        "App catalogue is empty",
        "Some crews see no apps.",
        intake("small", "significant", leave_out=forgot),
        (
            Step(after(hours=1), SECOND_AGENT, "Which devices are these?", assignee=SECOND_AGENT),
            mail(
                after(hours=3),
                AIR,
                "Twelve tablets of the night crew.",
                facts={"device": "Tablet", "username": "crew-07", "devices_affected": "12"},
            ),
            Step(after(hours=4), SECOND_AGENT, "Thank you, working on it.", status="in_progress"),
            resolves(after(hours=9), SECOND_AGENT),
            mail(after(hours=10), AIR, "Works, thanks.", CONFIRMED),
        ),
    )


def question_solved_without_word() -> SampleTicket:
    return SampleTicket(
        after(minutes=12),
        BANK,
        "web",
        "How do I rename a device group?",
        "We could not find it in the guide.",
        intake(),
        (
            resolves(after(hours=2), AGENT, "Open the group, then choose Rename."),
            mail(after(hours=6), BANK, "Found it, thank you.", CONFIRMED),
        ),
        kind="question",
    )


def critical_done_well() -> SampleTicket:
    return SampleTicket(
        after(minutes=55),
        AIR,
        "phone",
        "No tablet can log in before the morning flights",
        "All crews.",
        intake("all", "catastrophic"),
        (
            Step(after(minutes=12), AGENT, "All hands are on it.", status="in_progress", assignee=AGENT),
            Step(after(minutes=100), AGENT, "The directory is back; half of the crews are in."),
            resolves(after(minutes=170), AGENT),
            mail(after(minutes=185), AIR, "Everybody is in. Thank you!", CONFIRMED),
        ),
    )
