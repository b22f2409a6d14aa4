"""Sample tickets for the demo: a small support desk under the MaaS360 guide, over about a week of virtual time.

Each story shows one thing the policy is about; routine tickets keep the desk alive in between. ``STORIES["maas360"]``
makes the list; dates in the texts follow the virtual start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from bridge.sandbox import seeds
from bridge.sandbox.stage import Step, Story
from bridge.sandbox.state import Record

AGENT, SECOND_AGENT, EXPERT = "agent1@vendor.example", "agent1b@vendor.example", "agent3@vendor.example"
JAPANESE_AGENT, MANAGER = "agent.ja@vendor.example", "am@vendor.example"
ACME, ACME_EMPLOYEE, BANK = "helpdesk@acme.example", "employee@acme.example", "helpdesk@bank.example"
AIR, NIHON = "helpdesk@air.example", "helpdesk@nihon.example"

ESCALATE, CONFIRMED = "request_escalation", "resolution_confirmed"
_IDS = seeds.connection()
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


def _ticket(subject: str, body: str, affected: str = "", impact: str = "", **more: object) -> Record:
    """A new incident with all intake items; ``leave_out`` names those the customer forgot."""
    missing = more.pop("leave_out", ())
    facts = {name: value for name, value in _INTAKE.items() if name not in tuple(missing)}  # type: ignore[arg-type]
    if affected:
        facts |= {"affected": f"affected_{affected}", "impact": f"impact_{impact}"}
    fields = [{"id": _IDS[f"facts.{name}"], "value": value} for name, value in facts.items()]
    return {"type": "incident", "subject": subject, "comment": {"body": body}, "custom_fields": fields, **more}


def _facts(**values: str) -> Record:
    return {"custom_fields": [{"id": _IDS[f"facts.{name}"], "value": value} for name, value in values.items()]}


def _says(text: str, *, public: bool = True, status: str = "", assignee: str = "") -> Record:
    wanted: Record = {"comment": {"body": text, "public": public}}
    if status:
        wanted["custom_status_id"] = _IDS[f"statuses.{status}"]
    if assignee:
        wanted["assignee_email"] = assignee
    return wanted


def _mail(after: timedelta, by: str, text: str, *tags: str, auto_reply: bool = False, **more: object) -> Step:
    wanted: Record = {"comment": {"body": text}, **more}
    return Step(after, by, wanted, tags=tags, channel="email", auto_reply=auto_reply)


def _resolves(after: timedelta, by: str, text: str = "This is solved. Please confirm.") -> Step:
    return Step(after, by, _says(text, status="solved", assignee=by))


def _critical_nobody_resolves() -> Story:
    body = "Nobody can open the console; every device in the company is without its profile."
    return Story(
        _after(),
        ACME,
        "phone",
        _ticket("Console down for everybody", body, "all", "catastrophic"),
        (
            Step(_after(hours=26), EXPERT, _says("I have taken this over.", status="in_progress", assignee=EXPERT)),
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
        _ticket("Mail profile removed on a third of the tablets", "Started this morning.", "significant", "major"),
        (
            Step(_after(minutes=20), AGENT, {"assignee_email": AGENT}),
            Step(_after(minutes=35), AGENT, _says("We are looking into it.", status="in_progress")),
            Step(_after(hours=4), AGENT, _says(progress)),
            Step(_after(hours=7), AGENT, call="Told the help desk that the test is going well."),
            Step(_after(hours=13), EXPERT, _says("The fix is rolling out.", assignee=EXPERT)),
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
        _ticket("App catalogue is empty", "Some crews see no apps.", "small", "significant", leave_out=forgot),
        (
            Step(_after(hours=1), SECOND_AGENT, _says("Which devices are these?", assignee=SECOND_AGENT)),
            _mail(
                _after(hours=3),
                AIR,
                "Twelve tablets of the night crew.",
                **_facts(device="Tablet", username="crew-07", devices_affected="12"),
            ),
            Step(_after(hours=4), SECOND_AGENT, _says("Thank you, working on it.", status="in_progress")),
            _resolves(_after(hours=9), SECOND_AGENT),
            _mail(_after(hours=10), AIR, "Works, thanks.", CONFIRMED),
        ),
    )


def _question_solved_without_word() -> Story:
    ticket = _ticket("How do I rename a device group?", "We could not find it in the guide.") | {"type": "question"}
    return Story(
        _after(minutes=12),
        BANK,
        "web",
        ticket,
        (
            _resolves(_after(hours=2), AGENT, "Open the group, then choose Rename."),
            _mail(_after(hours=6), BANK, "Found it, thank you.", CONFIRMED),
        ),
    )


def _silent_customer() -> Story:
    hold = _says("Tell us when we may go on.", status="customer_update_required", assignee=AGENT)
    return Story(
        _after(minutes=10),
        AIR,
        "web",
        _ticket("Policy conflict on crew phones", "We cannot test before the audit.", "small", "significant"),
        (Step(_after(minutes=40), AGENT, _says("Understood.", assignee=AGENT)), Step(_after(hours=1), AGENT, hold)),
    )


def _out_of_office(start: datetime) -> Story:
    back = (start + _after(days=3)).date().isoformat()
    hold = _says("We wait for your next step.", status="customer_update_required", assignee=SECOND_AGENT)
    absent = f"I am out of office until {back} and will answer then."
    return Story(
        _after(minutes=16),
        BANK,
        "email",
        _ticket("Kiosk mode leaves the full screen", "One branch only.", "individual", "minor"),
        (
            Step(_after(hours=1), SECOND_AGENT, hold),
            _mail(_after(hours=1, minutes=2), BANK, absent, auto_reply=True),
            _mail(_after(hours=52), BANK, "Back again: here is the log."),
            Step(_after(hours=54), SECOND_AGENT, _says("Thank you, reading it.", status="in_progress")),
            _resolves(_after(hours=60), SECOND_AGENT),
            _mail(_after(hours=61), BANK, "Good, close it.", CONFIRMED),
        ),
    )


def _three_contacts() -> Story:
    asks = _says("Please send us the device log.", status="waiting_customer", assignee=AGENT)
    return Story(
        _after(minutes=18),
        ACME,
        "web",
        _ticket("Enrolment stops at 80 percent", "Happens now and then.", "individual", "minor"),
        (
            Step(_after(hours=1), AGENT, asks),
            Step(_after(hours=49), AGENT, _says("Could you find the log?")),
            Step(_after(hours=97), AGENT, _says("We will close this unless we hear from you.")),
        ),
    )


def _escalation_requested() -> Story:
    return Story(
        _after(minutes=20),
        AIR,
        "phone",
        _ticket("Location reports are a day old", "Dispatch depends on them.", "small", "significant"),
        (
            Step(_after(minutes=50), SECOND_AGENT, _says("We are on it.", status="in_progress", assignee=SECOND_AGENT)),
            _mail(_after(hours=2), AIR, "This takes too long. Please escalate.", ESCALATE),
            Step(_after(hours=3), MANAGER, _says("Spoke with the customer's lead.", public=False)),
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
        _ticket("端末の登録ができません", "一部の端末が登録画面で止まります。", "small", "significant"),
        (
            Step(_after(hours=2), JAPANESE_AGENT, _says(answer, status="in_progress", assignee=JAPANESE_AGENT)),
            _resolves(_after(hours=11), JAPANESE_AGENT, "設定を修正しました。ご確認ください。"),
            _mail(_after(hours=12), NIHON, "登録できました。ありがとうございます。", CONFIRMED),
        ),
    )


def _not_a_contact() -> Story:
    return Story(
        _after(minutes=30),
        ACME_EMPLOYEE,
        "email",
        _ticket("My phone asks for a passcode again and again", "Since the update.", "individual", "minor"),
        (_mail(_after(hours=5), ACME_EMPLOYEE, "I have called our help desk, thank you."),),
    )


def _priority_overridden() -> Story:
    return Story(
        _after(minutes=35),
        BANK,
        "web",
        _ticket("Dashboard widgets show no numbers", "The board meets on Friday.", "small", "major"),
        (
            Step(_after(minutes=50), AGENT, {"assignee_email": AGENT}),
            Step(_after(hours=1), AGENT, {"priority": "normal"}),
            Step(_after(hours=2), AGENT, _says("The numbers are collected again tonight.", status="in_progress")),
            _resolves(_after(hours=18), AGENT),
            _mail(_after(hours=19), BANK, "The numbers are there.", CONFIRMED),
        ),
    )


def _duplicate() -> Story:
    body = "The console is still down for all of us. Is anybody there?"
    return Story(
        _after(minutes=45), ACME, "chat", _ticket("Re: Console down for everybody", body, "all", "catastrophic")
    )


def _critical_done_well() -> Story:
    return Story(
        _after(minutes=55),
        AIR,
        "phone",
        _ticket("No tablet can log in before the morning flights", "All crews.", "all", "catastrophic"),
        (
            Step(_after(minutes=12), AGENT, _says("All hands are on it.", status="in_progress", assignee=AGENT)),
            Step(_after(minutes=100), AGENT, _says("The directory is back; half of the crews are in.")),
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
            _ticket(f"{subject} (site {number + 1})", "Please have a look.", affected, impact),
            (
                Step(taken, agent, _says("We are looking.", status="in_progress", assignee=agent)),
                Step(taken + _after(hours=2), agent, _says("Still working on it.")),
                _resolves(taken + _after(hours=5), agent),
                _mail(taken + _after(hours=6), by, "Yes, solved.", CONFIRMED),
            ),
        )
