"""Messages in the language of their reader: which one is chosen, and how times and lengths are written in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from bridge.account import Account
from bridge.decision import MessageKind
from bridge.evaluate import evaluate
from bridge.policy.calendars.duration import BusinessDays, Length
from bridge.policy.evaluation.reader import STYLES, as_written, language_for
from bridge.policy.load import load_policy
from bridge.policy.model import Policy
from bridge.ticket import Person, Ticket, TicketRef

from .conftest import PACK

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
        ("", None, "", "We come on 1 July 2026 15:00 UTC."),
        ("de-AT", Account(time_zone="Europe/Vienna"), "", "Wir kommen am 01.07.2026, 17:00 Uhr (CEST)."),
        ("pt", None, "", "Viremos em 2026-07-01 15:00 UTC."),
        ("en-US", Account(agreed_languages=("de",)), "", "We come on 1 July 2026 15:00 UTC."),
        ("fr", Account(agreed_languages=("it", "de")), "", "Wir kommen am 01.07.2026, 15:00 Uhr (UTC)."),
        ("", None, "プリンターが動きません。助けてください。", "2026-07-01 15:00 UTC に伺います。"),
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


@pytest.mark.parametrize("language", sorted(STYLES))
@pytest.mark.parametrize("unit", ["second", "minute", "hour", "day", "business day"])
def test_every_unit_has_a_word_in_every_language_with_a_style(language: str, unit: str) -> None:
    assert language == "en" or all(STYLES[language].units[unit])


def test_the_first_candidate_with_a_text_counts() -> None:
    assert language_for(["sv_SE", "de"], ["de", "fr"], "en") == "de"
    assert language_for(["en-GB", "de"], ["de"], "en") == "en"
    assert language_for(["de-DE"], ["de-AT"], "en") == "de-AT"
    assert language_for([], ["de"], "sv") == "sv"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"translations": {"en": {"visit": "x {visit}"}}}, "found en, the language of templates"),
        ({"translations": {"German": {"visit": "x {visit}"}}}, "pattern"),
    ],
)
def test_a_language_that_cannot_be_meant_is_an_error(policy: Policy, change: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Policy.of({**policy.source, **change})
