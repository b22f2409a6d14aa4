"""Automatic mail is recognised by its headers, and people are never mistaken for it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.auto_reply import is_automatic, is_automatic_mail, is_machine, return_date

SENT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"auto-submitted": "auto-generated; owner-email=a@b.example"},
        {"AUTO_SUBMITTED": "Auto-Notified (rejected)"},
        {"Precedence": "bulk"},
        {"precedence": " Junk "},
        {"Precedence": "auto_reply"},
        {"X-Autoreply": "yes"},
        {"X-Autorespond": "Out of office"},
        {"X-Auto-Response-Suppress": "DR, OOF, AutoReply"},
    ],
)
def test_headers_of_automatic_mail(headers: dict[str, str]) -> None:
    assert is_automatic(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto-Submitted": "no"},
        {"Auto-Submitted": ""},
        {"Precedence": "first-class"},
        {"Precedence": "list"},
        {"X-Auto-Response-Suppress": "None"},
        {"Subject": "Out of office: auto-replied", "X-Mailer": "bulk"},
        {"Auto-Submitted": None},
    ],
)
def test_headers_of_mail_from_people(headers: dict[str, object]) -> None:
    assert not is_automatic(headers)


def test_a_day_is_midnight_utc() -> None:
    assert return_date("Back on 2026-03-09.", SENT) == (datetime(2026, 3, 9, tzinfo=UTC), True)


def test_a_time_with_its_zone_is_exact() -> None:
    assert return_date("I return 2026-03-09T08:30:00+01:00", SENT) == (datetime(2026, 3, 9, 7, 30, tzinfo=UTC), False)


def test_a_time_without_zone_counts_as_the_day() -> None:
    assert return_date("I return 2026-03-09 08:30", SENT) == (datetime(2026, 3, 9, tzinfo=UTC), True)


@pytest.mark.parametrize(
    "text",
    [
        "Out of office until Monday",
        "away from 2026-03-02 to 2026-03-09",
        "back 09/03/2026",
        "back on 2025-03-09",
        "back on 2026-13-45",
        "case 12026-03-091",
        "back on 2026-03-02",
        "",
    ],
)
def test_uncertain_return_dates_are_not_guessed(text: str) -> None:
    assert return_date(text, SENT) == (None, False)


@given(st.text(), st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text())))
def test_any_text_can_be_read(text: str, headers: dict[str, object]) -> None:
    back, _ = return_date(text, SENT)
    assert back is None or back > SENT
    assert is_automatic(headers) in (True, False)


@pytest.mark.parametrize(
    ("headers", "sender", "subject", "automatic"),
    [
        ({"Auto-Submitted": "auto-replied"}, "pat@acme.example", "No sync", True),
        ({"auto_submitted": "no"}, "pat@acme.example", "Automatic reply: No sync", False),
        ({}, "pat@acme.example", "Automatic reply: No sync", True),
        ({"X-Mailer": "mutt"}, "postmaster@acme.example", "No sync", True),
        ({}, "pat@acme.example", "No sync", False),
    ],
)
def test_headers_decide_before_sender_and_subject(
    headers: dict[str, object], sender: str, subject: str, automatic: bool
) -> None:
    assert is_automatic_mail(headers, sender, subject) is automatic


@pytest.mark.parametrize(
    ("sender", "machine"),
    [
        ("Mail Delivery System <MAILER-DAEMON@relay.example>", True),
        ("postmaster@acme.example", True),
        ("noreply@monitoring.example", False),
        ("The postmaster <pat@acme.example>", False),
        ("", False),
    ],
)
def test_a_mail_system_reporting(sender: str, machine: bool) -> None:
    assert is_machine(sender) is machine
