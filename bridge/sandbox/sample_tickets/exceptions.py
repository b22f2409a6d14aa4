"""Tickets for the less usual rules: silence, automatic replies, escalation requests, other languages, overrides."""

from __future__ import annotations

from datetime import datetime

from bridge.sandbox.runner import SampleTicket, Step
from bridge.sandbox.sample_tickets.builders import (
    ACME,
    ACME_EMPLOYEE,
    AGENT,
    AIR,
    BANK,
    CONFIRMED,
    ESCALATE,
    EXPERT,
    JAPANESE_AGENT,
    MANAGER,
    NIHON,
    SECOND_AGENT,
    after,
    intake,
    mail,
    resolves,
)


def silent_customer() -> SampleTicket:
    hold = Step(after(hours=1), AGENT, "Tell us when we may go on.", status="customer_update_required", assignee=AGENT)
    return SampleTicket(
        after(minutes=10),
        AIR,
        "web",
        "Policy conflict on crew phones",
        "We cannot test before the audit.",
        intake("small", "significant"),
        (Step(after(minutes=40), AGENT, "Understood.", assignee=AGENT), hold),
    )


def out_of_office(start: datetime) -> SampleTicket:
    back = (start + after(days=3)).date().isoformat()
    absent = f"I am out of office until {back} and will answer then."
    return SampleTicket(
        after(minutes=16),
        BANK,
        "email",
        "Kiosk mode leaves the full screen",
        "One branch only.",
        intake("individual", "minor"),
        (
            Step(
                after(hours=1),
                SECOND_AGENT,
                "We wait for your next step.",
                status="customer_update_required",
                assignee=SECOND_AGENT,
            ),
            mail(after(hours=1, minutes=2), BANK, absent, auto_reply=True),
            mail(after(hours=52), BANK, "Back again: here is the log."),
            Step(after(hours=54), SECOND_AGENT, "Thank you, reading it.", status="in_progress"),
            resolves(after(hours=60), SECOND_AGENT),
            mail(after(hours=61), BANK, "Good, close it.", CONFIRMED),
        ),
    )


def three_contacts() -> SampleTicket:
    log = "Please send us the device log."
    return SampleTicket(
        after(minutes=18),
        ACME,
        "web",
        "Enrolment stops at 80 percent",
        "Happens now and then.",
        intake("individual", "minor"),
        (
            Step(after(hours=1), AGENT, log, status="waiting_customer", assignee=AGENT),
            Step(after(hours=49), AGENT, "Could you find the log?"),
            Step(after(hours=97), AGENT, "We will close this unless we hear from you."),
        ),
    )


def escalation_requested() -> SampleTicket:
    return SampleTicket(
        after(minutes=20),
        AIR,
        "phone",
        "Location reports are a day old",
        "Dispatch depends on them.",
        intake("small", "significant"),
        (
            Step(after(minutes=50), SECOND_AGENT, "We are on it.", status="in_progress", assignee=SECOND_AGENT),
            mail(after(hours=2), AIR, "This takes too long. Please escalate.", ESCALATE),
            Step(after(hours=3), MANAGER, "Spoke with the customer's lead.", public=False),
            resolves(after(hours=15), EXPERT),
            mail(after(hours=16), AIR, "Reports are current.", CONFIRMED),
        ),
    )


def japanese() -> SampleTicket:
    answer = "お問い合わせありがとうございます。調査いたします。"
    return SampleTicket(
        after(minutes=25),
        NIHON,
        "web",
        "端末の登録ができません",
        "一部の端末が登録画面で止まります。",
        intake("small", "significant"),
        (
            Step(after(hours=2), JAPANESE_AGENT, answer, status="in_progress", assignee=JAPANESE_AGENT),
            resolves(after(hours=11), JAPANESE_AGENT, "設定を修正しました。ご確認ください。"),
            mail(after(hours=12), NIHON, "登録できました。ありがとうございます。", CONFIRMED),
        ),
    )


def not_a_contact() -> SampleTicket:
    return SampleTicket(
        after(minutes=30),
        ACME_EMPLOYEE,
        "email",
        "My phone asks for a passcode again and again",
        "Since the update.",
        intake("individual", "minor"),
        (mail(after(hours=5), ACME_EMPLOYEE, "I have called our help desk, thank you."),),
    )


def priority_overridden() -> SampleTicket:
    return SampleTicket(
        after(minutes=35),
        BANK,
        "web",
        "Dashboard widgets show no numbers",
        "The board meets on Friday.",
        intake("small", "major"),
        (
            Step(after(minutes=50), AGENT, assignee=AGENT),
            Step(after(hours=1), AGENT, priority="normal"),
            Step(after(hours=2), AGENT, "The numbers are collected again tonight.", status="in_progress"),
            resolves(after(hours=18), AGENT),
            mail(after(hours=19), BANK, "The numbers are there.", CONFIRMED),
        ),
    )


def duplicate() -> SampleTicket:
    body = "The console is still down for all of us. Is anybody there?"
    return SampleTicket(
        after(minutes=45), ACME, "chat", "Re: Console down for everybody", body, intake("all", "catastrophic")
    )
