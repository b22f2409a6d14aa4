"""What companies can say that the shipped packs do not, with every vendor: each word once, as it reaches the helpdesk.

Steps, amendments, groups that hand back, links and texts of notifications have tests of their own beside this one.
"""

from __future__ import annotations

from bridge.policy.lint.translations import public_templates
from bridge.policy.load import load_policy
from bridge.ticket import Message
from tests.support.mailbox import open_mailbox

from .conftest import VendorScenario
from .policy_words import COMPLETION, clocks, laid_over

AGAIN = {"reopen_count": {"at_least": 1, "within": "30d"}}


SHIPPED = load_policy("maas360")
IN_ENGLISH = {name: SHIPPED.templates[name] for name in public_templates(SHIPPED)}


@laid_over(
    language_of_templates="de",
    reactions=[{"name": "hello", "clause": "MA-03", "when": {"affected": "all"}, "message": "hello"}],
    templates={"hello": "Wir sind bei {affected}."},
    translations={"en": IN_ENGLISH | {"hello": "We are at {affected}."}},
    translated_words={"en": {"all": "everything"}},
)
def test_a_message_is_in_the_language_of_the_requester(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all", text="Nobody in our office can enrol a new device")
    scenario.settle()
    assert list(scenario.see(number).public) == ["We are at everything."]


@laid_over(
    closure={"if_unconfirmed": "allow"},
    reopening={"clause": "MA-05", "within": "2h", "message": "too_late"},
    templates={"too_late": "Please open a new ticket."},
)
def test_a_ticket_can_be_reopened_for_so_long(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    early, late = (vendor.open(subject, affected="small") for subject in ("Tablets fail", "Phones fail"))
    for number in (early, late):
        vendor.edit(number, status="solved")
    scenario.settle()
    scenario.later(hours=1)
    vendor.reply(early, "They fail again")
    scenario.later(hours=1, minutes=1)
    vendor.reply(late, "They fail again")
    scenario.settle()
    texts = {number: [text for text in scenario.see(number).public if "new ticket" in text] for number in (early, late)}
    assert texts == {early: [], late: ["Please open a new ticket."]}
    assert scenario.ticket(late).status == "solved"
    vendor.edit(late, status="in_progress")
    scenario.settle()
    assert scenario.ticket(late).status == "in_progress"


@laid_over(
    closure={"if_unconfirmed": "allow"},
    clocks=[COMPLETION | {"on_reopen": "resume", "reopened_within": "2d"}],
    reactions=[{"name": "again", "clause": "MA-05", "when": AGAIN, "note": "again"}],
    templates={"again": "Reopened before."},
)  # fmt: skip
def test_a_clock_goes_on_after_a_reopening(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.later(hours=3)
    scenario.vendor.edit(number, status="solved")
    scenario.settle()
    scenario.later(hours=4)
    assert [clock.state for clock in clocks(scenario, number, "completion")] == ["met"]
    scenario.vendor.edit(number, status="in_progress")
    scenario.settle()
    [clock] = clocks(scenario, number, "completion")
    assert clock.state == "running"
    assert clock.due_at is not None
    waited = (clock.due_at - clock.started_at).total_seconds() / 3600
    assert 14 <= waited < 14.2, "ten hours, and the four in which it was solved"
    assert "Reopened before." in scenario.see(number).notes


@laid_over(clocks=[COMPLETION | {"on_level_change": "proportional"}])
def test_a_new_level_takes_its_share_of_what_is_left(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console slow", affected="significant")
    scenario.settle()
    scenario.later(hours=10)
    scenario.vendor.edit(number, affected="all")
    scenario.settle()
    [clock] = clocks(scenario, number, "completion")
    assert clock.due_at is not None
    assert 14.9 <= (clock.due_at - clock.started_at).total_seconds() / 3600 < 15.2, "half of ten hours is left"


@laid_over(
    clocks=[
        COMPLETION | {"steps": [{"at": "50%", "tier": 3}]},
        COMPLETION | {"name": "third_line", "counts_while": {"tier": 3}, "targets": {"critical": "2h"}},
    ]
)
def test_a_budget_of_a_tier(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    assert clocks(scenario, number, "third_line") == []
    scenario.later(hours=5, minutes=1)
    scenario.later(hours=1)
    [clock] = clocks(scenario, number, "third_line")
    assert (clock.state, scenario.ticket(number).tier) == ("running", 3)
    scenario.later(hours=2)
    assert [clock.state for clock in clocks(scenario, number, "third_line")] == ["breached"]


@laid_over(
    plans=[{"name": "gold", "clause": "MA-10", "when": {"tags": {"any": ["gold_support"]}}}],
    clocks=[COMPLETION | {"plan_targets": {"gold": {"critical": "4h"}}}],
)
def test_a_plan_by_tag(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.vendor.edit(number, tag="gold_support")
    scenario.settle()
    [clock] = clocks(scenario, number, "completion")
    assert clock.target_s == 4 * 3600


@laid_over(
    clocks=[COMPLETION],
    reactions=[
        {
            "name": "waits for others",
            "clause": "MA-07",
            "when": {"status": "customer_update_required", "tags": {"any": ["spare_part"]}},
            "pauses": ["completion"],
        }
    ],
)
def test_a_pause_needs_its_reason(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.vendor.edit(number, status="customer_update_required")
    scenario.settle()
    assert [clock.state for clock in clocks(scenario, number, "completion")] == ["running"]
    scenario.vendor.edit(number, tag="spare_part")
    scenario.settle()
    assert [clock.state for clock in clocks(scenario, number, "completion")] == ["paused"]


@laid_over(merges={"clause": "MA-04", "clocks": "earliest", "answers": "all", "note": "merged"},
           clocks=[COMPLETION], templates={"merged": "Merged: {reason}."})  # fmt: skip
def test_a_merged_ticket_brings_its_time_and_its_answers(scenario: VendorScenario) -> None:
    vendor = scenario.vendor
    source = vendor.open("Tablets again", affected="all")
    scenario.settle()
    scenario.later(hours=1)
    target = vendor.open("Tablets fail", affected="all")
    scenario.later(minutes=5)
    vendor.answer(source, "Which tablets?")
    scenario.later(minutes=5)
    created = scenario.ticket(source).created_at
    vendor.merge(source, target)
    scenario.settle()
    [completion] = clocks(scenario, target, "completion")
    assert completion.due_at is not None
    assert abs((completion.due_at - created).total_seconds() - 10 * 3600) < 60
    assert [clock.state for clock in clocks(scenario, target, "first_response")] == ["met"]
    said = [entry.text for entry in scenario.ticket(target).timeline if isinstance(entry, Message)]
    notes = [text for text in said if "Merged: " in text]
    assert len(notes) == 1
    assert f"ticket {source} was merged into this one; its time counts since" in notes[0]


LEVELS = {"all": "urgent", "significant": "high", "small": "low"}
HELD = {
    "clause": "MA-09",
    "gate": "severity_change",
    "request_message": "agree",
    "only": "lowering",
    "approver": "customer",
    "proof_of_address": False,
    "field": "proposed_severity",
    "expires_after": "4h",
    "calendar": "always",
    "expired_note": "stays",
}
TABLE = {"clause": "MA-09", "levels": LEVELS, "chosen_in": {"fact": "affected", "change_approval": HELD}}


@laid_over(
    severity={"replace": TABLE},
    escalation=None,
    clocks={"replace": []},
    templates={"agree": "May we lower the severity to {proposed}?", "stays": "The severity stays: {reason}."},
)  # fmt: skip
def test_a_downgrade_lapses_when_nobody_answers(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.vendor.edit(number, affected="small")
    scenario.settle()
    assert scenario.ticket(number).priority == "urgent"
    assert "May we lower the severity to small?" in scenario.see(number).public
    scenario.later(hours=4, minutes=1)
    notes = [note for note in scenario.see(number).notes if note.startswith("The severity stays")]
    assert notes == ["The severity stays: severity small was proposed, but not agreed to within 4 hours."]
    assert scenario.ticket(number).priority == "urgent"


ROWS = [{"level": level, "when": {"affected": level}} for level in LEVELS]


@laid_over(
    severity={"replace": {"clause": "MA-09", "levels": LEVELS, "rows": ROWS, "unknown_tag": "unrated",
                          "change_approval": HELD}},
    facts={"affected": {"values": list(LEVELS)}},
    reactions={"replace": []},
    escalation=None,
    clocks={"replace": []},
    templates={"agree": "May we lower the severity to {proposed}?", "stays": "The severity stays: {reason}."},
)  # fmt: skip
def test_a_downgrade_by_the_table_waits_for_the_customer(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    scenario.vendor.edit(number, affected="small")
    scenario.settle()
    ticket = scenario.ticket(number)
    assert (ticket.priority, ticket.facts["affected"]) == ("urgent", "small")
    assert "May we lower the severity to small?" in scenario.see(number).public
    scenario.approve(number, "severity_change")
    scenario.running.store.wake(scenario.vendor.ref(number), scenario.vendor.now(), "command")
    scenario.settle()
    assert scenario.ticket(number).priority == "low"


@laid_over(
    clocks=[COMPLETION],
    digests=[{"name": "daily", "clause": "MA-10", "notify": ["coo"], "at": "00:00", "due_within": "2d"}],
    roles={"coo": "coo@vendor.example"},
)
def test_a_digest_names_the_ticket_and_leads_to_it(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    with open_mailbox() as mailbox:
        scenario.start(mail=mailbox.url)
        scenario.running.store.wake(scenario.vendor.ref(number), scenario.vendor.now(), "command")
        scenario.settle()
        digests = scenario.running.jobs.digests
        assert digests
        assert digests.send_due(scenario.vendor.now()) == 1
        assert digests.send_due(scenario.vendor.now()) == 0
        text = mailbox.texts()["coo@vendor.example"]
    assert "Console down" in text
    assert "completion due" in text
    assert scenario.running.helpdesks[scenario.vendor.connection].ticket_url(scenario.vendor.ref(number)) in text


SILENCE = {"name": "silence", "kind": "reminders", "clause": "MA-07", "statuses": ["customer_update_required"],
           "calendar": "always", "notices": [{"after": "2h", "message": "ping"}], "close_after": "4h"}  # fmt: skip
BY_REASON = [
    {"name": f"closed {silent}", "clause": "MA-05", "when": {"status": "solved", "closed_unanswered": silent},
     "include_resolved": True, "message": text}
    for silent, text in ((True, "silent"), (False, "solution"))
]  # fmt: skip


@laid_over(
    waiting={"replace": [SILENCE]},
    closure={"if_unconfirmed": "allow"},
    reactions={"replace": BY_REASON},
    language_of_templates="de",
    templates={"ping": "Erinnerung: {reason}.", "silent": "Ohne Antwort geschlossen.", "solution": "Gelöst."},
)
def test_a_closing_text_says_its_own_reason_and_reasons_are_in_the_language_of_the_pack(
    scenario: VendorScenario,
) -> None:
    vendor = scenario.vendor
    silent, solved = vendor.open("Tablets fail", affected="small"), vendor.open("Phones fail", affected="small")
    scenario.settle()
    vendor.edit(silent, status="customer_update_required")
    vendor.edit(solved, status="solved")
    scenario.settle()
    scenario.later(hours=2, minutes=1)
    scenario.later(hours=2)
    assert list(scenario.see(silent).public) == [
        "Erinnerung: 2 Stunden ohne Antwort.",
        "Ohne Antwort geschlossen.",
    ]
    assert list(scenario.see(solved).public) == ["Gelöst."]


CALLED = {
    "clause": "MA-09",
    "levels": {"critical": "urgent", "low": "low"},
    "rows": [
        {"level": "critical", "when": {"affected": "all", "phone_contact": True}},
        {"level": "low", "when": {"affected": "all"}},
    ],
    "unknown_tag": "unrated",
}


@laid_over(severity={"replace": CALLED}, escalation=None, clocks={"replace": []})
def test_a_level_counts_once_a_call_has_confirmed_it(scenario: VendorScenario) -> None:
    number = scenario.vendor.open("Console down", affected="all")
    scenario.settle()
    assert scenario.ticket(number).priority == "low"
    scenario.vendor.call(number)
    scenario.settle()
    assert scenario.ticket(number).priority == "urgent"
