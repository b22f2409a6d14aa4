"""What the program says by itself, in five languages: conditions, notes on refusals and undos, people out of reach."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bridge.catalogue import languages
from bridge.decision import Citation, Clear, Field, Set, SystemField, Tag
from bridge.plan import LedgerEntry, refusal_note
from bridge.plan.undo import Kept, Undoing
from bridge.policy.condition_space import Point, describe_point
from bridge.policy.evaluation.contact import OUT_OF_REACH, UNDELIVERED
from bridge.policy.evaluation.predicate import Predicate
from bridge.policy.evaluation.reader import said_in
from bridge.policy.evaluation.sentence import Sentence, recognized
from bridge.policy.rules.unread import PLACES
from mappings.odoo.delivery import why_unreachable as unreachable_in_odoo
from mappings.odoo.vocabulary import vocabulary as odoo_vocabulary
from mappings.zendesk.conversation import place_of
from mappings.zendesk.delivery import why_unreachable as unreachable_in_zendesk
from mappings.zendesk.vocabulary import vocabulary as zendesk_vocabulary

CITE = Citation(pack="p", version="1", clause="P-1")
REMOVED = Clear(cite=CITE, because="", target=Tag("policy_x"), key="1")
SOLVED = Set(cite=CITE, because="", target=SystemField.STATUS, value="solved", key="2")
FILLED = Set(cite=CITE, because="", target=Field("queue"), value="stuck", key="3")


@pytest.mark.parametrize(
    ("condition", "english", "german"),
    [
        ({}, "always", "immer"),
        ({"level": ["P1", "P2"], "channel": "phone"}, "channel is phone", "Stufe ist P1 oder P2 und Kanal ist Telefon"),
        ({"type": {"not": "question"}}, "type is not question", "Art ist nicht question"),
        ({"serial": {"known": False}}, "serial is not known", "serial ist nicht bekannt"),
        ({"tags": {"any": ["vip"], "none": ["x"]}}, "any of vip and none of x", "eines von vip und keines von x"),
        ({"none": [{"plan": "premium"}]}, "not (plan is premium)", "nicht (Vertragsart ist premium)"),
        ({"any": [{"tier": 1}, {"tier": 2}]}, "(tier is 1 or tier is 2)", "(Support-Stufe ist 1 oder Support-Stufe"),
        ({"reopen_count": {"at_least": 3, "within": "30d"}}, "at least 3 within 30 days", "mindestens 3 (Zeitraum"),
        ({"calendar_open": {"none": ["office"]}}, "calendar office is closed", "Kalender office ist geschlossen"),
        ({"opened_in": "office"}, "it was opened while calendar office was open", "während Kalender office offen war"),
        ({"confirmed": True}, "confirmed is yes", "bestätigt ist ja"),
        ({"tags": ["p_maas360"], "group": "phone"}, "tags is p_maas360", "Gruppe ist phone"),  # names of the helpdesk
        ({"defect": "data_loss", "channel": "phone"}, "defect is data loss", "Kanal ist Telefon"),
    ],
)  # fmt: skip
def test_a_condition_is_said_in_the_language_of_the_pack(
    condition: dict[str, object], english: str, german: str
) -> None:
    worded = Predicate(condition).worded()
    assert english in worded
    assert german in said_in("de", worded)
    assert said_in("en", worded) == said_in("pt", worded) == worded


def test_a_ticket_that_conditions_tell_apart_is_described_in_their_words() -> None:
    point: Point = {
        "tags": frozenset({"p_maas360", "vip"}),
        "brand": "red_one",
        "defect": "data_loss",
        "impact": None,
        "x": True,
    }
    described = "tags is p_maas360 and vip, brand is red_one, defect is data loss, impact is not known, x is yes"
    assert describe_point(point) == described


def test_a_note_about_a_refusal_is_in_the_language_of_the_agents() -> None:
    note = refusal_note((REMOVED, SOLVED, FILLED), "Impact: is required", "de-AT")
    assert note.text.splitlines() == [
        "Das Helpdesk-System hat einen Teil dessen abgelehnt, was die Richtlinie verlangt:",
        "- P-1: Tag policy_x soll entfernt werden",
        "- P-1: Status soll auf solved gesetzt werden",
        "- P-1: Feld queue soll auf stuck gesetzt werden",
        "Die Meldung lautet: Impact: is required",
        "Sobald das behoben ist, geschieht es von selbst.",
    ]
    assert note.key == refusal_note((REMOVED, SOLVED, FILLED), "Impact: is required").key


def test_a_note_about_an_undo_is_in_the_language_of_the_agents() -> None:
    entry = LedgerEntry(action=FILLED, at=datetime(2026, 3, 2, tzinfo=UTC), confirmed=True)
    kept = Kept(entry, Sentence("the ticket is closed and cannot be changed"))
    note = Undoing((REMOVED, SOLVED), kept=(kept,)).note("pat", "sv")
    assert note.text.splitlines() == [
        "pat har låtit ångra dessa ändringar, som gjordes enligt policyn:",
        "- P-1: taggen policy_x borttagen",
        "- P-1: status åter solved",
        "Inte ångrat:",
        "- P-1: ärendet är stängt och kan inte ändras",
    ]


OUT = [
    unreachable_in_zendesk({}, {"active": False}),
    unreachable_in_zendesk({}, {"suspended": True}),
    unreachable_in_zendesk({}, {"id": 1}),
    unreachable_in_odoo({}, {}),
    unreachable_in_odoo({"partner_email": "pat@@"}, {}),
    unreachable_in_zendesk(
        {},
        {"email": "a@b.example"},
        [
            {"type": "email", "value": "a@b.example", "deliverable_state": state}
            for state in sorted(zendesk_vocabulary().undeliverable)
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        *((text, OUT_OF_REACH) for text in OUT),
        *((text, UNDELIVERED) for text in (*odoo_vocabulary().failures.values(), "unknown reason", "refused")),
        *((text, PLACES) for text in (*zendesk_vocabulary().places.values(), place_of({}))),
    ],
)
def test_what_a_mapping_says_of_people_and_places_is_known_in_every_language(
    text: str, forms: tuple[Sentence, ...]
) -> None:
    sentence = recognized(text, forms)
    assert isinstance(sentence, Sentence)
    assert sentence == text
    assert sentence not in {said_in(language, sentence) for language in languages() if language != "en"}


def test_what_a_mail_server_says_stays_as_it_is() -> None:
    assert said_in("de", recognized("550 5.1.1 100% full", UNDELIVERED)) == "550 5.1.1 100% full"
