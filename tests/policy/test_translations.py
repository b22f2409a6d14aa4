"""Messages in the language of their reader: which one is chosen, and how times and lengths are written in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bridge.account import Account
from bridge.catalogue import languages
from bridge.decision import MessageKind
from bridge.evaluate import evaluate
from bridge.policy.calendars.duration import BusinessDays, Length
from bridge.policy.evaluation.reader import as_written, language_for, locale_for
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ticket import Person, Ticket, TicketRef

from .conftest import PACK, Play

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
SETTINGS = {
    "facts": {"visit": {"type": "datetime", "label": "When we come"}},
    "reactions": [
        {
            "name": "visit",
            "clause": "AC-4",
            "when": {"visit": {"known": True}},
            "message": "visit",
            "note": "visit_note",
        }
    ],
    "templates": {"visit": "We come on {visit}.", "visit_note": "They know of {visit}."},
    "translations": {
        "de": {"visit": "Wir kommen am {visit}."},
        "pt-BR": {"visit": "Viremos em {visit}."},
        "ja": {"visit": "{visit} に伺います。"},
    },
}


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    file = tmp_path / "acme.yaml"
    file.write_text(PACK)
    return load_policy(str(file), SETTINGS)


def texts(policy: Policy, locale: str = "", account: Account | None = None, description: str = "") -> dict[str, str]:
    ticket = Ticket(
        ref=TicketRef(connection="acme", id="1"),
        created_at=START,
        type="incident",
        requester=Person(locale=locale),
        description=description,
        facts={"visit": "2026-07-01T15:00:00Z"},
    )
    due = evaluate(ticket, account, policy, START).due_messages
    return {said.kind: said.text for said in due if said.template.startswith("visit")}


@pytest.mark.parametrize(
    ("locale", "account", "description", "expected"),
    [
        ("", None, "", "We come on 1 July 2026, 15:00 UTC."),
        ("de-AT", Account(time_zone="Europe/Vienna"), "", "Wir kommen am 1. Juli 2026, 17:00 MESZ."),
        ("pt", None, "", "Viremos em 1 de julho de 2026 15:00 UTC."),
        ("en-US", Account(agreed_languages=("de",)), "", "We come on July 1, 2026, 3:00\u202fPM UTC."),
        ("fr", Account(agreed_languages=("it", "de")), "", "Wir kommen am 1. Juli 2026, 15:00 UTC."),
        ("", None, "プリンターが動きません。助けてください。", "2026年7月1日 15:00 UTC に伺います。"),
    ],
    ids=["nothing known", "locale", "relative", "own language", "account", "text of the ticket"],
)
def test_the_language_is_the_requesters_then_the_accounts_then_that_of_the_text(
    policy: Policy, locale: str, account: Account | None, description: str, expected: str
) -> None:
    assert texts(policy, locale, account, description)[MessageKind.PUBLIC_MESSAGE] == expected


def test_agents_read_the_language_of_the_templates(policy: Policy) -> None:
    assert texts(policy, "de")[MessageKind.INTERNAL_NOTE] == "They know of 2026-07-01T15:00:00Z."


def test_a_pack_without_translations_writes_as_before(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(PACK)
    plain = load_policy(str(file), {**SETTINGS, "translations": {}})
    assert texts(plain, "de")[MessageKind.PUBLIC_MESSAGE] == "We come on 2026-07-01T15:00:00Z."


GERMAN = {
    "language_of_templates": "de",
    "roles": {"team_lead": "lead@acme.example"},
    "waiting": [
        {
            "name": "waiting", "kind": "reminders", "clause": "AC-4", "statuses": ["waiting_customer"],
            "notices": [{"after": "48h", "message": "reminder"}], "close_after": "96h", "calendar": "always",
        }
    ],
    "escalation": {
        "calendar": "always",
        "stages": [{"clause": "AC-3", "level": "mild", "stage": 1, "after": "4h", "notify": ["team_lead"]}],
    },
    "templates": {
        "notify": "Für {role}: {reason}. Außerdem: {also_notified}. Frist: {deadline}.",
        "escalated": "Stufe {stage}: {reason}. {cadence}",
        "reminder": "Erinnerung: {reason}.",
    },
    "translations": {"fr": {"reminder": "Rappel : {reason}."}, "pt": {"reminder": "Lembrete: {reason}."}},
}  # fmt: skip
WAITING = """
    ticket: {at: 2026-03-02T09:00:00Z, requester: {email: pat@customer.example, locale: LOCALE}}
    events: [{at: +5h, by: agent, set: {status: waiting_customer}}]
    until: +60h
    """


@pytest.mark.parametrize(
    ("locale", "reminder"),
    [
        ("de-CH", "Erinnerung: 48 Stunden ohne Antwort."),
        ("fr", "Rappel : sans réponse depuis 48\xa0heures."),
        ("pt", "Lembrete: no answer for 48 hours."),
    ],
)
def test_reasons_of_the_program_are_in_the_language_of_the_text(play: Play, locale: str, reminder: str) -> None:
    said = [row.text for row in play(GERMAN, WAITING.replace("LOCALE", locale)).timeline if row.text]
    assert "Für Team Lead: Schweregrad mild, 4 Stunden ungelöst. Außerdem: niemand sonst. Frist: keine Frist." in said
    assert "Stufe 1: Schweregrad mild, 4 Stunden ungelöst." in said
    assert reminder in said


@pytest.mark.parametrize(
    ("length", "written"),
    [
        (timedelta(hours=1), "1 Stunde"),
        (timedelta(hours=36), "36 Stunden"),
        (timedelta(days=3), "3 Tage"),
        (BusinessDays(1), "1 Arbeitstag"),
        (BusinessDays(5), "5 Arbeitstage"),
        (timedelta(hours=1, minutes=30), "90 Minuten"),
    ],
)
def test_a_length_of_time_in_german(length: Length, written: str) -> None:
    assert as_written(length, "de-CH", ZoneInfo("UTC")) == written


@pytest.mark.parametrize(
    ("locale", "length", "written"),
    [
        ("en", timedelta(hours=1), "1 hour"),
        ("fr", timedelta(minutes=30), "30 minutes"),
        ("es", timedelta(days=3), "3 días"),
        ("sv", timedelta(seconds=1), "1 sekund"),
        ("pt-BR", timedelta(hours=36), "36 horas"),
        ("nowhere", timedelta(), "0 seconds"),
    ],
)
def test_a_length_of_time_in_other_languages(locale: str, length: Length, written: str) -> None:
    assert as_written(length, locale, ZoneInfo("UTC")) == written


@pytest.mark.parametrize("language", languages())
def test_business_days_have_words_in_every_language_of_the_program(language: str) -> None:
    english = language == "en"
    for days in (1, 2):
        assert ("business" in str(as_written(BusinessDays(days), language, ZoneInfo("UTC")))) == english


def test_a_zone_without_a_name_in_the_language_is_an_offset() -> None:
    at = datetime(2026, 7, 1, 15, tzinfo=UTC)
    assert as_written(at, "fr", ZoneInfo("Asia/Kolkata")) == "1 juillet 2026, 20:30 UTC+05:30"


def test_a_text_is_written_as_where_its_reader_lives() -> None:
    assert locale_for(["fr", "en-US", "en-GB"], "en") == "en-US"
    assert locale_for(["fr"], "de") == "de"


def test_the_first_candidate_with_a_text_counts() -> None:
    assert language_for(["sv_SE", "de"], ["de", "fr"], "en") == "de"
    assert language_for(["en-GB", "de"], ["de"], "en") == "en"
    assert language_for(["de-DE"], ["de-AT"], "en") == "de-AT"
    assert language_for([], ["de"], "sv") == "sv"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"translations": {"en": {"visit": "x {visit}"}}}, "found en, the language of templates"),
        ({"translations": {"German": {"visit": "x {visit}"}}}, "allowed: a language such as de or pt-BR"),
    ],
)
def test_a_language_that_cannot_be_meant_is_an_error(policy: Policy, change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Policy.of({**policy.source, **change})


def test_words_of_the_pack_are_translated_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(PACK)
    reaction = {"name": "parts", "clause": "AC-4", "when": {}, "reason": "a part is on order", "message": "visit_late"}
    policy = load_policy(
        str(file),
        {
            "reactions": [reaction],
            "templates": {"visit_late": "{subject} ({level}): {reason}, {impact}."},
            "translations": {"de": {"visit_late": "{subject} ({level}): {reason}, {impact}."}},
            "translated_words": {"de": {"bad": "schlimm", "mild": "mild", "small": "klein", "major": "schwer",
                                        "a part is on order": "ein Teil ist bestellt"}},
        },
    )  # fmt: skip
    ticket = Ticket(ref=TicketRef(connection="d", id="1"), created_at=START, type="incident", subject="major",
                    facts={"impact": "major"})  # fmt: skip

    def said(locale: str) -> str:
        reader = ticket.model_copy(update={"requester": Person(locale=locale)})
        due = evaluate(reader, None, policy, START).due_messages
        return next(message.text for message in due if message.kind is MessageKind.PUBLIC_MESSAGE)

    assert said("de-CH") == "major (schlimm): ein Teil ist bestellt, schwer."
    assert said("en") == "major (bad): a part is on order, major."
