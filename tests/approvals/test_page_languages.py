"""The page behind an approval link in the language of its reader: every sentence, in every language."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask.testing import FlaskClient

from bridge.account import Account
from bridge.catalogue import FOLDER, catalogue, counted, languages, translator
from bridge.runtime.approval_links import ApprovalLinks
from bridge.store import SqlStore
from bridge.ticket import Person

from .conftest import URL, ReviewedTicket

TEMPLATE = Path(__file__).parents[2] / "bridge" / "console" / "templates" / "console" / "approval.html"
VALUE = re.compile(r"%\((\w+)\)s")
LANGUAGES = [language for language in languages() if language != "en"]


Sentence = str | tuple[str, ...]
"""A sentence; for one that counts, its words for one and for many."""
MARKS = {"_": None, "counted": (2, 3), "Sentence": None}
"""The functions that take a sentence to translate, and which of their arguments it is."""


ALIKE = frozenset(
    [
        "%(key)s: %(text)s",
        "Date",
        "Roles",
        "Ticket %(number)s",
        "message",
        "message %(name)s",
        "no",
        "normal",
        "note",
        "roles",
        "status",
        "suggestion",
        "tag",
        "tag %(name)s",
        "tags",
        "team",
        "type",
    ]
)
"""What one of the languages says as English does."""


@cache
def written() -> set[Sentence]:
    """Every sentence of the program that is translated, as it stands in the code and in the templates."""
    methods = [(f"{room}/**.py", "python") for room in ("policy", "plan", "report", "runtime", "console")]
    methods.append(("**/approval.html", "jinja2"))
    return {each for _, _, each, _, _ in extract_from_dir(FOLDER.parent, methods, keywords=MARKS)}


def sentences(language: str) -> dict[Sentence, Sentence]:
    """English sentence -> the one in a language."""
    with (FOLDER / f"{language}.po").open("rb") as file:
        return {message.id: message.string for message in read_po(file, locale=language) if message.id}


def test_there_are_five_languages() -> None:
    assert languages() == ("en", "de", "es", "fr", "sv")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_there_and_none_besides(language: str) -> None:
    assert len(written()) > 100
    assert sentences(language).keys() == written()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_values_of_its_sentence_and_differs_from_it(language: str) -> None:
    for english, other in sentences(language).items():
        one, many = ([each] if isinstance(each, str) else list(each) for each in (english, other))
        for source, translated in zip(one, many, strict=True):
            assert sorted(VALUE.findall(translated)) == sorted(VALUE.findall(source)), translated
            assert "%" not in VALUE.sub("", translated)
            assert translated.strip() == translated
            assert translated != source or source in ALIKE


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
    assert "bis 16. März 2026, 09:00 MEZ" in page
    assert "Zustimmen" in page
    assert "Ablehnen" in page


def test_an_unknown_link_is_answered_in_the_language_of_the_browser(reviewed: ReviewedTicket) -> None:
    answer = reviewed.browser().get("/approve/nonsense", headers={"Accept-Language": "fr-CA"})
    assert answer.status_code == 404
    assert "Lien inconnu" in answer.get_data(as_text=True)


def test_values_are_shown_as_text(reviewed: ReviewedTicket) -> None:
    assert translator("de")("Ticket %(number)s", number="<b>") == "Ticket <b>"


@pytest.mark.parametrize(
    ("language", "one", "many"),
    [("en", "1 business day", "0 business days"), ("fr", "1 jour ouvré", "0 jour ouvré"), ("ja", "1 business day", "")],
)
def test_a_count_follows_the_grammar_of_its_language(language: str, one: str, many: str) -> None:
    words = ("%(number)s business day", "%(number)s business days")
    assert counted(language, *words, 1) == one
    assert counted(language, *words, 0) == many or not many


def test_a_language_without_a_catalogue_is_english() -> None:
    assert catalogue("xx").gettext("Approve") == "Approve"
