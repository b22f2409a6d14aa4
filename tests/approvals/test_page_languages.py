"""The page behind an approval link in the language of its reader: every sentence, in every language."""

from __future__ import annotations

import re
from pathlib import Path

import jinja2
import pytest
from flask.testing import FlaskClient

from bridge.account import Account
from bridge.console.catalogue import languages, page_language, sentences, translator
from bridge.runtime.approval_links import ApprovalLinks
from bridge.store import SqlStore
from bridge.ticket import Person

from .conftest import URL, ReviewedTicket

TEMPLATE = Path(__file__).parents[2] / "bridge" / "console" / "templates" / "console" / "approval.html"
VALUE = re.compile(r"%\((\w+)\)s")
LANGUAGES = [language for language in languages() if language != "en"]


def written() -> list[str]:
    """Every sentence of the page, as the template engine finds it."""
    found = jinja2.Environment(extensions=["jinja2.ext.i18n"]).extract_translations(TEMPLATE.read_text("utf-8"))
    return list(dict.fromkeys(str(each if isinstance(each, str) else each[0]) for _, _, each in found))


def test_there_are_five_languages() -> None:
    assert languages() == ("en", "de", "es", "fr", "sv")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_of_the_page_is_there_and_none_besides(language: str) -> None:
    assert len(written()) > 20
    assert sentences(language).keys() == set(written())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_values_of_its_sentence_and_differs_from_it(language: str) -> None:
    for english, other in sentences(language).items():
        assert sorted(VALUE.findall(other)) == sorted(VALUE.findall(english)), other
        assert "%" not in VALUE.sub("", other)
        assert other.strip() == other
        assert other != english or english == "Ticket %(number)s"


def test_every_sentence_of_the_template_is_marked() -> None:
    """What stands between the tags is punctuation only."""
    shown = re.sub(r"<style.*?</style>|{%.*?%}|{{.*?}}|<[^>]*>", "", TEMPLATE.read_text("utf-8"), flags=re.DOTALL)
    assert not re.search(r"\w", shown)


def page_of(store: SqlStore, locale: str, accept: str, zone: str | None = None) -> str:
    ticket = ReviewedTicket(store, ApprovalLinks(URL, "a key"), account=Account(name="Acme", time_zone=zone))
    ticket.review()
    ticket.helpdesk._store(requester=Person(email=ticket.requester, locale=locale))
    ticket.set_fact("estimate_hours", 12)
    ticket.review()
    client: FlaskClient = ticket.browser()
    return client.get(ticket.link(), headers={"Accept-Language": accept}).get_data(as_text=True)


@pytest.mark.parametrize(
    ("locale", "accept", "expected"),
    [
        ("de-AT", "fr", '<html lang="de">'),
        ("", "sv-SE,sv;q=0.9,en;q=0.5", '<html lang="sv">'),
        ("", "pt-BR, es;q=0.8", '<html lang="es">'),
        ("ja", "", '<html lang="en">'),
        ("", "", '<html lang="en">'),
    ],
)
def test_the_requesters_locale_decides_then_the_browser(
    sqlite_store: SqlStore, locale: str, accept: str, expected: str
) -> None:
    assert expected in page_of(sqlite_store, locale, accept)


def test_times_are_in_the_zone_and_form_of_the_reader(sqlite_store: SqlStore) -> None:
    page = page_of(sqlite_store, "de", "", "Europe/Berlin")
    assert "bis 16.03.2026, 09:00 Uhr (CET)" in page
    assert "Zustimmen" in page
    assert "Ablehnen" in page


def test_an_unknown_link_is_answered_in_the_language_of_the_browser(reviewed: ReviewedTicket) -> None:
    answer = reviewed.browser().get("/approve/nonsense", headers={"Accept-Language": "fr-CA"})
    assert answer.status_code == 404
    assert "Lien inconnu" in answer.get_data(as_text=True)


def test_values_are_shown_as_text(reviewed: ReviewedTicket) -> None:
    assert translator("de")("Ticket %(number)s", number="<b>") == "Ticket <b>"
    assert page_language(["xx", "de_CH"]) == "de"
