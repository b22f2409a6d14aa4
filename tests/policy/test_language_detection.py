"""The language of a text: named where it is beyond doubt, never wrongly."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from benchmarks.languages import CONFIRMING, HELD_OUT, TEXTS, samples
from bridge.account import Account
from bridge.policy.evaluation.context import Context
from bridge.policy.evaluation.language_detection import likely_languages
from bridge.policy.load import load_policy
from bridge.ticket import Ticket, TicketRef

LONG = {
    "en": "After the update the app crashes whenever somebody opens the calendar",
    "de": "Seit dem Update stürzt die App ab, sobald jemand den Kalender öffnet, und nichts hilft",
    "sv": "Efter uppdateringen kraschar appen så fort någon öppnar kalendern, och vi kan inte arbeta",
    "fr": "Depuis la mise à jour, l'application plante dès qu'on ouvre le calendrier",
    "pl": "Czy ktoś może wyjaśnić, dlaczego niedzielna kopia zapasowa się nie udała?",
}


@pytest.mark.parametrize("language", LONG)
def test_a_sentence_is_recognised(language: str) -> None:
    assert likely_languages(LONG[language]) == {language}


@pytest.mark.parametrize(
    ("text", "language"),
    [("印刷できません。プリンターを確認してください", "ja"), ("로그인 불가", "ko"), ("error: パスワード", "ja")],
)
def test_a_script_of_one_language_is_enough_however_short_the_text(text: str, language: str) -> None:
    assert likely_languages(text) == {language}


@pytest.mark.parametrize(
    "text", ["", "OK thanks", "Danke!", "+1", "MaaS360 iOS 19.1 MDM", "404 404 404 404 404 404 404"]
)
def test_a_short_text_has_no_language(text: str) -> None:
    assert likely_languages(text) == frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "4.7 kΩ",
        "λ=0.35 ω=12 φ=0.9",
        "¯\\_(ツ)_/¯",
        "Please send it to 김민수",
        "The phones do not ring any more. 전화가 안 울립니다.",
    ],
)
def test_a_few_letters_of_a_script_are_not_the_language_of_the_text(text: str) -> None:
    assert likely_languages(text) == frozenset()


def test_a_chinese_text_may_quote_a_japanese_word() -> None:
    assert "ja" not in likely_languages("菜单里的“ファイル”打不开，点了没有反应，其他的菜单都正常")


def test_two_halves_in_two_languages_leave_a_text_without_one() -> None:
    german, english = "Das Tor im Werk schließt nicht mehr", "the gate of the plant does not close any more"
    assert likely_languages(f"{german}, wir brauchen heute noch Hilfe") == {"de"}
    assert likely_languages(f"{german}, {english}") == frozenset()


def test_a_short_quote_does_not_hide_the_language_around_it() -> None:
    text = "Bonjour, le serveur renvoie 'Connection refused' sur tous les postes de la comptabilité"
    assert likely_languages(text) == {"fr"}


@pytest.mark.parametrize("texts", [TEXTS, HELD_OUT, CONFIRMING], ids=lambda path: path.stem)
def test_no_short_support_text_is_given_a_wrong_language(texts: Path) -> None:
    """Neither one language that is wrong, nor several of which none is right."""
    wrong = [
        (sample.text, found)
        for sample in samples(texts)
        if (found := likely_languages(sample.text)) and (found.isdisjoint(sample.languages))
    ]
    assert not wrong


@pytest.mark.parametrize("texts", [TEXTS, HELD_OUT, CONFIRMING], ids=lambda path: path.stem)
def test_at_least_half_of_the_texts_in_one_language_are_recognised(texts: Path) -> None:
    plain = [sample for sample in samples(texts) if sample.earns and len(sample.languages) == 1]
    assert sum(likely_languages(sample.text) == sample.languages for sample in plain) > len(plain) / 2


def test_every_process_answers_alike() -> None:
    text = "Printer on the second floor nie odpowiada, bitte prüfen, merci beaucoup"
    program = (
        "from bridge.policy.evaluation.language_detection import likely_languages;"
        f"print(sorted(likely_languages({text!r})))"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert answers == {f"{sorted(likely_languages(text))}\n"}


@pytest.mark.parametrize(
    ("subject", "description", "languages"),
    [
        ("本番サーバーが停止", LONG["en"], {"ja"}),
        ("本番サーバーが停止", f"{LONG['en']}. {LONG['en']}", {"ja"}),
        (LONG["en"], LONG["sv"], {"sv"}),
        (LONG["en"], "오늘 아침부터 콘솔이 작동하지 않습니다.", {"ko"}),
        ("Console down", LONG["de"], {"de"}),
        ("Console down", "ok", set()),
    ],
)
def test_where_subject_and_description_differ_one_of_them_decides(
    subject: str, description: str, languages: set[str]
) -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    ticket = Ticket(
        ref=TicketRef(connection="simulated", id="1"),
        created_at=now,
        subject=subject,
        description=description,
    )
    assert Context(ticket, Account(), load_policy("maas360"), now).languages.of_text == languages
