"""Subjects of automatic mail are recognised in the languages of mail systems; people are never taken for machines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.auto_reply_subjects import is_automatic_subject
from tests.support.cases import CASES

SHARED = CASES / "odoo" / "out_of_office_subjects.txt"
LINES = SHARED.read_text(encoding="utf-8").splitlines() if SHARED.exists() else []

AUTOMATIC = [
    "Automatic reply: No sync",
    "AUTOMATIC REPLY: No sync",
    "Autoreply: No sync",
    "Auto: No sync",
    "Out of Office: No sync",
    "Out of Office AutoReply: No sync",
    "Out of Office Re: No sync",
    "Out of office - Pat",
    "Out of office until Monday",
    "Out of office",
    "AUTO: Pat Example is out of the office (returning 09/03/2026)",
    "Pat Example is out of the office.",
    "Automatische Antwort: Keine Anmeldung",
    "Abwesenheitsnotiz: Keine Anmeldung",
    "Abwesend bis 9.3.",
    "Réponse automatique : Pas de connexion",
    "REPONSE AUTOMATIQUE : Pas de connexion",
    "Absence du bureau : Pas de connexion",
    "Fuera de la oficina: Sin acceso",
    "Resposta automática: Sem acesso",
    "Risposta automatica: Nessun accesso",
    "Automatisch antwoord: Geen toegang",
    "Autosvar: Ingen inloggning",
    "Automatisk svar: Ingen adgang",
    "Fraværsmelding: Ingen tilgang",
    "Automaattinen vastaus: Ei pääsyä",
    "Sjálfvirkt svar: Enginn aðgangur",
    "Odpowiedź automatyczna: Brak dostępu",
    "Automatická odpověď: Bez přístupu",
    "Automatická odpoveď: Bez prístupu",
    "Automatikus válasz: Nincs hozzáférés",
    "Răspuns automat: Fără acces",
    "Автоматичен отговор: Няма достъп",
    "Αυτόματη απάντηση: Χωρίς πρόσβαση",
    "Automatski odgovor: Nema pristupa",
    "Samodejni odgovor: Ni dostopa",
    "Automaatvastus: Ligipääs puudub",
    "Automātiskā atbilde: Nav piekļuves",
    "Automatinis atsakymas: Nėra prieigos",
    "Автоматический ответ: Нет доступа",
    "Автоматична відповідь: Немає доступу",
    "Otomatik yanıt: Erişim yok",
    "OTOMATİK YANIT: Erişim yok",
    "自動応答: アクセスできません",
    "自動返信：アクセスできません",
    "【自動返信】お問い合わせ",
    "自动答复：无法访问",
    "自動回覆: 無法存取",
    "자동 회신: 접속 불가",
    "رد تلقائي: لا يوجد وصول",
    "\u200fתשובה אוטומטית: אין גישה",
    "ตอบกลับอัตโนมัติ: เข้าไม่ได้",
    "Trả lời tự động: Không truy cập được",
    "Ude af kontoret: Ingen adgang",
    "Szabadság: Nincs hozzáférés",
    "Házon kívül",
    "Házon kívül: Nincs hozzáférés",
    "Отсутствует на работе: Нет доступа",
    "Нет на месте",
    "Нет на месте: Нет доступа",
    "Urlaub: Keine Anmeldung",
    "Borta från kontoret: Ingen inloggning",
    "Ikke på jobb: Ingen tilgang",
    "Poissa töistä: Ei pääsyä",
    "Nie ma mnie w biurze: Brak dostępu",
    "Jsem na dovolené: Bez přístupu",
    "Mimo pracoviska: Bez prístupu",
    "Ofis dışı: Erişim yok",
    "Ausência: Sem acesso",
    "Non sono in ufficio: Nessun accesso",
    "Ik ben niet op kantoor: Geen toegang",
    "Nu sunt la birou: Fără acces",
    "Απουσιάζω: Χωρίς πρόσβαση",
    "Отсъствам: Няма достъп",
    "Мене немає в офісі: Немає доступу",
    "不在にしております",
    "我不在办公室：无法访问",
    "휴가중: 접속 불가",
    "[External] Automatic reply: No sync",
    "[External] [Spam?] Autosvar: Ingen inloggning",
    "EXT: Automatic reply: No sync",
    "EXTERNAL: Out of Office: No sync",
    "***SPAM*** Automatic reply: No sync",
    "Automatic\u00a0reply\uff1a No sync",
    "Automatic reply: Re: No sync",
    "[Out of Office] No sync",
    "Undeliverable: No sync",
    "Delivery Status Notification (Failure)",
    "Gelesen: Keine Anmeldung",
]

PEOPLE = [
    "Re: Automatic reply: No sync",
    "AW: Automatische Antwort: Keine Anmeldung",
    "[External] Re: Automatic reply: No sync",
    "FW: Out of Office: No sync",
    "[External] No sync",
    "EXT: No sync",
    "External drive: not found",
    "Automatic replies do not work since Monday",
    "Automatic reply not working",
    "Automatic reply (template) must be changed",
    "Automatic doors broken",
    "Out of office chairs",
    "Out of office assistant crashes",
    "On vacation my account was locked",
    "Who is out of office today?",
    "Abwesenheitsnotiz lässt sich nicht einschalten",
    "Autosvar fungerar inte",
    "Urlaub",
    "Urlaub kann nicht gebucht werden",
    "Szabadság igénylése: hiba",
    "Отпуск не начисляется",
    "Нет на месте принтера",
    "Ude af kontoret virker WLAN ikke",
    "Ferie kan ikke søges: fejl",
    "Automation: no sync",
    "Autobahn: keine Karte",
    "Undeliverable mails pile up",
    "Read error on disk",
    "I cannot read: no sync",
    "No sync",
    "",
]


@pytest.mark.parametrize("subject", AUTOMATIC)
def test_what_no_person_wrote(subject: str) -> None:
    assert is_automatic_subject(subject)


@pytest.mark.parametrize("subject", PEOPLE)
def test_what_people_write(subject: str) -> None:
    assert not is_automatic_subject(subject)


@pytest.mark.skipif(not LINES, reason="the cases are not beside this repository (../shared/cases)")
@pytest.mark.parametrize("line", LINES)
def test_the_shared_subjects(line: str) -> None:
    kind, _, subject = line.partition("\t")
    assert is_automatic_subject(subject) is (kind == "automatic")


@given(st.text(max_size=400))
def test_an_answer_to_any_mail_is_a_persons(subject: str) -> None:
    assert not is_automatic_subject(f"Re: {subject}")
