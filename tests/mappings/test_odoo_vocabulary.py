"""The forms in which Odoo writes values, and the Message-Ids of our messages."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ticket import Priority, tag_form
from mappings.odoo.vocabulary import (
    format_datetime,
    html_to_text,
    language_tag,
    many2many_ids,
    many2one_id,
    message_id,
    parse_message_id,
    vocabulary,
)


@given(st.text(), st.text())
def test_a_message_id_gives_its_key_and_template_back(key: str, template: str) -> None:
    mark = message_id(key, template)
    assert parse_message_id(mark) == (key, template)
    assert re.fullmatch(r"<[\w-]+@policybridge>", mark, re.ASCII)  # an atom of RFC 5322, unfolded and unquoted


@pytest.mark.parametrize(
    "foreign",
    [
        "<CAF+x@mail.example>",
        "<@policybridge>",
        "<WyI3@policybridge>",
        "<WzEsMl0@policybridge>",
        "<WyJhIl0@policybridge>",
        "<_-8@policybridge>",
        "<WyJhIiwiYiJd@policybridge.example>",
        False,
        None,
        "",
    ],
)
def test_any_other_message_id_is_not_ours(foreign: object) -> None:
    assert parse_message_id(foreign) is None


@pytest.mark.parametrize(
    ("lang", "tag"),
    [("ja_JP", "ja-JP"), ("en_US", "en-US"), ("eo", "eo"), ("sr@latin", "sr-Latn"), ("es_419", "es-419"), (False, "")],
)
def test_a_language_by_its_international_tag(lang: object, tag: str) -> None:
    assert language_tag(lang) == tag


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>It is down</p>", "It is down"),
        ("<p>Hello<br/>there</p><p>Bye</p>", "Hello\nthere\nBye"),
        ("<pre>The VPN does not connect.\n  Please help.\r\n</pre>\n", "The VPN does not connect.\nPlease help."),
        (
            "<div>\n  <p>\n   a  <b>bold</b>&nbsp;word\n  </p>\n  <ul><li>x</li><li>y</li></ul></div>",
            "a bold word\nx\ny",
        ),
        ("<style>p {}</style><p>1 &lt; 2 &amp; &#26085;</p><script>no</script>", "1 < 2 & 日"),
        ("<p>first</p><p><br></p><p>second</p>", "first\n\nsecond"),
        ("a&lt;p&gt;b", "a<p>b"),
        ("no markup", "no markup"),
        ("", ""),
        (False, ""),
    ],
)
def test_html_becomes_the_text_that_a_reader_sees(html: object, text: str) -> None:
    assert html_to_text(html) == text


@given(st.text())
def test_any_markup_can_be_read(html: str) -> None:
    assert "\r" not in html_to_text(f"<p>{html}</p>")


@pytest.mark.parametrize(("value", "ident"), [(7, 7), ([7, "New"], 7), (False, 0), (True, 0), (None, 0), ([], 0)])
def test_the_id_in_a_many2one(value: object, ident: int) -> None:
    assert many2one_id(value) == ident


def test_the_ids_in_a_many2many() -> None:
    assert many2many_ids([3, [4, "x"], False]) == [3, 4]
    assert many2many_ids(False) == []


def test_odoo_takes_naive_utc_without_fractions() -> None:
    tokyo = timezone(timedelta(hours=9))
    assert format_datetime(datetime(2026, 3, 2, 17, 0, 30, 123456, tzinfo=tokyo)) == "2026-03-02 08:00:30"
    assert format_datetime(datetime(2026, 3, 2, 8, tzinfo=UTC)) == "2026-03-02 08:00:00"


@pytest.mark.parametrize(
    ("name", "tag"), [("Request  Escalation", "request_escalation"), ("a, b", "a_b"), ("vip", "vip")]
)
def test_a_tag_becomes_one_word(name: str, tag: str) -> None:
    assert tag_form(name) == tag


def test_every_priority_can_be_read_and_written() -> None:
    assert sorted(vocabulary().priority.values()) == sorted(Priority)
