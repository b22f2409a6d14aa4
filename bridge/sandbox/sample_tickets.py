"""Sample tickets for the demo: a small support desk under the MaaS360 guide, over about a week of virtual time.

Each story shows one thing the policy is about; routine tickets keep the desk alive in between. ``STORIES["maas360"]``
makes the list; dates in the texts follow the virtual start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType

from bridge.sandbox.runner import Step, Story

AGENT, SECOND_AGENT, EXPERT = "agent1@vendor.example", "agent1b@vendor.example", "agent3@vendor.example"
JAPANESE_AGENT, MANAGER = "agent.ja@vendor.example", "am@vendor.example"
ACME, ACME_EMPLOYEE, BANK = "helpdesk@acme.example", "employee@acme.example", "helpdesk@bank.example"
AIR, NIHON = "helpdesk@air.example", "helpdesk@nihon.example"

ESCALATE, CONFIRMED = "request_escalation", "resolution_confirmed"
_INTAKE = {
    "company": "see organization",
    "contact": "help desk, day and night",
    "preferred_contact": "e-mail",
    "device": "Tablet, current operating system",
    "username": "device-0417",
    "devices_affected": "12",
}


def maas360(start: datetime) -> list[Story]:
    """The stories of the MaaS360 demo; ``start`` is the virtual instant at which they begin."""
    return [
        _critical_nobody_resolves(),
        _high_with_updates(),
        _medium_with_missing_intake(),
        _question_solved_without_word(),
        _silent_customer(),
        _out_of_office(start),
        _three_contacts(),
        _escalation_requested(),
        _japanese(),
        _not_a_contact(),
        _priority_overridden(),
        _duplicate(),
        _critical_done_well(),
        *_routine(),
    ]


STORIES: dict[str, Callable[[datetime], list[Story]]] = {"maas360": maas360}


def _after(days: float = 0, hours: float = 0, minutes: float = 0) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=minutes)


def _intake(affected: str = "", impact: str = "", *, leave_out: tuple[str, ...] = ()) -> dict[str, str]:
    """Facts of a new ticket with all intake items, but for those the customer forgot."""
    facts = {name: value for name, value in _INTAKE.items() if name not in leave_out}
    return facts | ({"affected": affected, "impact": impact} if affected else {})


def _mail(
    after: timedelta,
    by: str,
    text: str,
    *tags: str,
    auto_reply: bool = False,
    facts: Mapping[str, str] = MappingProxyType({}),
) -> Step:
    return Step(after, by, text, tags=tags, facts=facts, channel="email", auto_reply=auto_reply)


def _resolves(after: timedelta, by: str, text: str = "This is solved. Please confirm.") -> Step:
    return Step(after, by, text, status="solved", assignee=by)


def _critical_nobody_resolves() -> Story:
    body = "Nobody can open the console; every device in the company is without its profile."
    return Story(
        _after(),
        ACME,
        "phone",
        "Console down for everybody",
        body,
        _intake("all", "catastrophic"),
        (
            Step(_after(hours=26), EXPERT, "I have taken this over.", status="in_progress", assignee=EXPERT),
            _mail(_after(hours=27), ACME, "Thank you. What can we tell our staff?"),
            _resolves(_after(hours=31), EXPERT, "A certificate had expired. The console is back."),
            _mail(_after(hours=32), ACME, "Confirmed, everything works again.", CONFIRMED),
        ),
    )


def _high_with_updates() -> Story:
    progress = "We have reproduced it and are testing a fix."
    return Story(
        _after(minutes=5),
        BANK,
        "phone",
        "Mail profile removed on a third of the tablets",
        "Started this morning.",
        _intake("significant", "major"),
        (
            Step(_after(minutes=20), AGENT, assignee=AGENT),
            Step(_after(minutes=35), AGENT, "We are looking into it.", status="in_progress"),
            Step(_after(hours=4), AGENT, progress),
            Step(_after(hours=7), AGENT, call="Told the help desk that the test is going well."),
            Step(_after(hours=13), EXPERT, "The fix is rolling out.", assignee=EXPERT),
            _resolves(_after(hours=20), EXPERT),
            _mail(_after(hours=22), BANK, "All tablets have their mail again.", CONFIRMED),
        ),
    )


def _medium_with_missing_intake() -> Story:
    forgot = ("device", "username", "devices_affected")
    return Story(
        _after(minutes=8),
        AIR,
        "email",
        "App catalogue is empty",
        "Some crews see no apps.",
        _intake("small", "significant", leave_out=forgot),
        (
            Step(_after(hours=1), SECOND_AGENT, "Which devices are these?", assignee=SECOND_AGENT),
            _mail(
                _after(hours=3),
                AIR,
                "Twelve tablets of the night crew.",
                facts={"device": "Tablet", "username": "crew-07", "devices_affected": "12"},
            ),
            Step(_after(hours=4), SECOND_AGENT, "Thank you, working on it.", status="in_progress"),
            _resolves(_after(hours=9), SECOND_AGENT),
            _mail(_after(hours=10), AIR, "Works, thanks.", CONFIRMED),
        ),
    )


def _question_solved_without_word() -> Story:
    return Story(
        _after(minutes=12),
        BANK,
        "web",
        "How do I rename a device group?",
        "We could not find it in the guide.",
        _intake(),
        (
            _resolves(_after(hours=2), AGENT, "Open the group, then choose Rename."),
            _mail(_after(hours=6), BANK, "Found it, thank you.", CONFIRMED),
        ),
        kind="question",
    )


def _silent_customer() -> Story:
    hold = Step(_after(hours=1), AGENT, "Tell us when we may go on.", status="customer_update_required", assignee=AGENT)
    return Story(
        _after(minutes=10),
        AIR,
        "web",
        "Policy conflict on crew phones",
        "We cannot test before the audit.",
        _intake("small", "significant"),
        (Step(_after(minutes=40), AGENT, "Understood.", assignee=AGENT), hold),
    )


def _out_of_office(start: datetime) -> Story:
    back = (start + _after(days=3)).date().isoformat()
    absent = f"I am out of office until {back} and will answer then."
    return Story(
        _after(minutes=16),
        BANK,
        "email",
        "Kiosk mode leaves the full screen",
        "One branch only.",
        _intake("individual", "minor"),
        (
            Step(
                _after(hours=1),
                SECOND_AGENT,
                "We wait for your next step.",
                status="customer_update_required",
                assignee=SECOND_AGENT,
            ),
            _mail(_after(hours=1, minutes=2), BANK, absent, auto_reply=True),
            _mail(_after(hours=52), BANK, "Back again: here is the log."),
            Step(_after(hours=54), SECOND_AGENT, "Thank you, reading it.", status="in_progress"),
            _resolves(_after(hours=60), SECOND_AGENT),
            _mail(_after(hours=61), BANK, "Good, close it.", CONFIRMED),
        ),
    )


def _three_contacts() -> Story:
    log = "Please send us the device log."
    return Story(
        _after(minutes=18),
        ACME,
        "web",
        "Enrolment stops at 80 percent",
        "Happens now and then.",
        _intake("individual", "minor"),
        (
            Step(_after(hours=1), AGENT, log, status="waiting_customer", assignee=AGENT),
            Step(_after(hours=49), AGENT, "Could you find the log?"),
            Step(_after(hours=97), AGENT, "We will close this unless we hear from you."),
        ),
    )


def _escalation_requested() -> Story:
    return Story(
        _after(minutes=20),
        AIR,
        "phone",
        "Location reports are a day old",
        "Dispatch depends on them.",
        _intake("small", "significant"),
        (
            Step(_after(minutes=50), SECOND_AGENT, "We are on it.", status="in_progress", assignee=SECOND_AGENT),
            _mail(_after(hours=2), AIR, "This takes too long. Please escalate.", ESCALATE),
            Step(_after(hours=3), MANAGER, "Spoke with the customer's lead.", public=False),
            _resolves(_after(hours=15), EXPERT),
            _mail(_after(hours=16), AIR, "Reports are current.", CONFIRMED),
        ),
    )


def _japanese() -> Story:
    answer = "お問い合わせありがとうございます。調査いたします。"
    return Story(
        _after(minutes=25),
        NIHON,
        "web",
        "端末の登録ができません",
        "一部の端末が登録画面で止まります。",
        _intake("small", "significant"),
        (
            Step(_after(hours=2), JAPANESE_AGENT, answer, status="in_progress", assignee=JAPANESE_AGENT),
            _resolves(_after(hours=11), JAPANESE_AGENT, "設定を修正しました。ご確認ください。"),
            _mail(_after(hours=12), NIHON, "登録できました。ありがとうございます。", CONFIRMED),
        ),
    )


def _not_a_contact() -> Story:
    return Story(
        _after(minutes=30),
        ACME_EMPLOYEE,
        "email",
        "My phone asks for a passcode again and again",
        "Since the update.",
        _intake("individual", "minor"),
        (_mail(_after(hours=5), ACME_EMPLOYEE, "I have called our help desk, thank you."),),
    )


def _priority_overridden() -> Story:
    return Story(
        _after(minutes=35),
        BANK,
        "web",
        "Dashboard widgets show no numbers",
        "The board meets on Friday.",
        _intake("small", "major"),
        (
            Step(_after(minutes=50), AGENT, assignee=AGENT),
            Step(_after(hours=1), AGENT, priority="normal"),
            Step(_after(hours=2), AGENT, "The numbers are collected again tonight.", status="in_progress"),
            _resolves(_after(hours=18), AGENT),
            _mail(_after(hours=19), BANK, "The numbers are there.", CONFIRMED),
        ),
    )


def _duplicate() -> Story:
    body = "The console is still down for all of us. Is anybody there?"
    return Story(
        _after(minutes=45), ACME, "chat", "Re: Console down for everybody", body, _intake("all", "catastrophic")
    )


def _critical_done_well() -> Story:
    return Story(
        _after(minutes=55),
        AIR,
        "phone",
        "No tablet can log in before the morning flights",
        "All crews.",
        _intake("all", "catastrophic"),
        (
            Step(_after(minutes=12), AGENT, "All hands are on it.", status="in_progress", assignee=AGENT),
            Step(_after(minutes=100), AGENT, "The directory is back; half of the crews are in."),
            _resolves(_after(minutes=170), AGENT),
            _mail(_after(minutes=185), AIR, "Everybody is in. Thank you!", CONFIRMED),
        ),
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


def _routine() -> Iterator[Story]:
    """An ordinary ticket every ninety minutes, for about a week: taken, updated, solved, confirmed."""
    for number in range(_ROUTINE_COUNT):
        subject, by, channel, affected, impact, agent = _ROUTINE[number % len(_ROUTINE)]
        taken = timedelta(minutes=15 + 50 * (number % 4))
        yield Story(
            _after(hours=2) + number * _ROUTINE_EVERY,
            by,
            channel,
            f"{subject} (site {number + 1})",
            "Please have a look.",
            _intake(affected, impact),
            (
                Step(taken, agent, "We are looking.", status="in_progress", assignee=agent),
                Step(taken + _after(hours=2), agent, "Still working on it."),
                _resolves(taken + _after(hours=5), agent),
                _mail(taken + _after(hours=6), by, "Yes, solved.", CONFIRMED),
            ),
        )
