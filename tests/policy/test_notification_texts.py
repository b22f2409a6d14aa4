"""What a notification says: its subject, the deadline, who else is notified, and a text for each kind of channel."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from bridge.account import Account
from bridge.decision import DueMessage, Plan, Tag
from bridge.decision.records import RecordedAction
from bridge.evaluate import evaluate
from bridge.policy.evaluation.context import Context
from bridge.policy.model import Policy
from bridge.policy.overrides import merged
from bridge.runtime.agent_links import AgentLinks
from bridge.runtime.approval_links import with_links
from bridge.ticket import Ticket, TicketRef
from bridge.yamlio.document import parse_all

from .conftest import PACK

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICKET = Ticket(
    ref=TicketRef(connection="acme", id="7"),
    created_at=NINE,
    type="incident",
    subject="Console down",
    facts={"impact": "major"},
)
CLOCK: dict[str, Any] = {
    "name": "first_response",
    "clause": "AC-3",
    "met_by": ["agent_message"],
    "targets": {"bad": "4h"},
    "steps": [{"at": "50%", "notify": ["team_lead", "coo"]}],
}
TEXTS = {
    "notify": "For the {role}: the {clock} is due {deadline}. Also notified: {also_notified}.\n"
    "Ticket: {ticket_link}.\nWhy: {why_link}.",
    "notify_subject": "{ticket}: {subject} ({clock} {deadline})",
    "notify_slack": "*{subject}*: {reason}. {ticket_link}.",
}


def policy(**keys: Any) -> Policy:
    (document,) = parse_all(PACK, name="acme.yaml")
    terms: dict[str, Any] = {
        "clocks": [CLOCK],
        "templates": TEXTS,
        "time_zone": "Europe/Berlin",
        "role_directory": ["team_lead", "coo"],
    }
    return Policy.of(merged(document.value, terms | keys))


def notifications(governing: Policy, hours: float) -> list[DueMessage]:
    decision = evaluate(TICKET, Account(), governing, NINE + timedelta(hours=hours))
    return [message for message in decision.due_messages if message.kind.value == "notify"]


def sent(governing: Policy, public_url: str | None = "https://sla.vendor.example") -> Any:
    """The first notification as it is sent."""
    actions = tuple(message.action() for message in notifications(governing, 2))
    links = AgentLinks(public_url, lambda ref: f"https://desk.example/{ref.id}")
    context = Context(TICKET, Account(), governing, NINE + timedelta(hours=2))
    return with_links(Plan(actions=actions), None, links, context).messages[0]


def test_a_notification_says_what_is_due_who_else_knows_and_where_the_ticket_is() -> None:
    assert sent(policy()).text == (
        "For the Team Lead: the first response is due 2026-03-02 14:00 Europe/Berlin. Also notified: COO.\n"
        "Ticket: https://desk.example/7.\n"
        "Why: https://sla.vendor.example/tickets/acme/7.\n\n"
        "No contact is configured for the role Team Lead, so nobody was notified."
    )


def test_a_link_that_nobody_can_open_takes_its_sentence_along() -> None:
    assert "Why" not in sent(policy(), public_url=None).text


def test_subject_and_channels_have_texts_of_their_own() -> None:
    message = sent(policy())
    assert message.subject == "7: Console down (first response 2026-03-02 14:00 Europe/Berlin)"
    (slack,) = message.channels
    assert (slack.channel, slack.text) == (
        "slack",
        "*Console down*: 50% of the first response target has passed. https://desk.example/7.",
    )


def test_they_stay_in_the_record() -> None:
    recorded: TypeAdapter[Any] = TypeAdapter(RecordedAction)
    message = sent(policy())
    assert recorded.validate_json(recorded.dump_json(message)) == message


def test_without_texts_of_its_own_a_notification_is_recorded_as_before() -> None:
    message = sent(policy(templates={"notify": "{reason}"}))
    record = TypeAdapter(RecordedAction).dump_python(message, mode="json")
    assert not {"subject", "channels"} & record.keys()


def test_other_rules_speak_of_what_is_due_next() -> None:
    reaction = {"name": "urgent", "clause": "AC-2", "when": {"level": "bad"}, "notify": ["coo"]}
    bare = {name: value for name, value in CLOCK.items() if name != "steps"}
    (message,) = notifications(policy(reactions=[reaction], clocks=[bare]), 1)
    assert "the first response is due 2026-03-02 14:00 Europe/Berlin. Also notified: nobody else." in message.text
    (message,) = notifications(policy(reactions=[reaction], clocks=[]), 1)
    assert "is due no deadline" in message.text


def test_a_notification_that_nobody_receives_says_so_and_another_does_not() -> None:
    team_lead, coo = notifications(policy(roles={"coo": "coo@vendor.example"}), 2)
    assert team_lead.text.endswith("\n\nNo contact is configured for the role Team Lead, so nobody was notified.")
    assert "nobody was notified" not in coo.text


def test_what_the_program_adds_is_in_the_language_of_the_texts() -> None:
    text = notifications(policy(language_of_templates="de"), 2)[1].text
    assert text.endswith("Für die Rolle COO ist kein Kontakt eingetragen; deshalb wurde niemand benachrichtigt.")


def test_a_ticket_without_an_assignee_says_that_it_has_none() -> None:
    step = {"at": "50%", "notify": ["assignee"]}
    unassigned = policy(clocks=[CLOCK | {"steps": [step]}], role_directory=["assignee"])
    (message,) = notifications(unassigned, 2)
    assert message.text.endswith("The ticket has no assignee, so nobody was notified.")


def test_a_role_is_written_as_a_title_or_in_the_packs_own_word() -> None:
    titled, own = policy(), policy(translated_words={"en": {"team lead": "shift lead"}})
    assert [message.text.split(":")[0] for message in notifications(titled, 2)] == ["For the Team Lead", "For the COO"]
    assert [message.text.split(":")[0] for message in notifications(own, 2)] == ["For the shift lead", "For the COO"]


def test_the_reason_of_the_tag_names_the_role_as_people_write_it() -> None:
    decision = evaluate(TICKET, Account(), policy(), NINE + timedelta(hours=2))
    reasons = {each.because for each in decision.desired if each.target == Tag("policy_role_unresolved")}
    assert reasons == {"no contact is configured for role COO"}
