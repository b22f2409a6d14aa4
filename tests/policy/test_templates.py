"""Templates: the words of customers are filled in letter by letter, and change nothing but their own place."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.decision.linked_text import LinkedText, LinkPurpose
from bridge.policy.evaluation.template import PLACEHOLDER, fill, unwrapped
from bridge.policy.load import load_policy, packs
from mappings.odoo.messages import to_html as odoo_html
from mappings.zendesk.comment_html import to_html as zendesk_html

TEMPLATE = """\
Hello {requester},

we have an estimate for {subject}. To approve {subject}, open {approval_link} within 14 days. Or reply.

Is it solved? Then say so: {confirmation_link}

{steps}

See {manual} or https://status.example.com."""
ADDRESSES = {"manual": "https://example.com/manual"}
MADE = {LinkPurpose.APPROVAL: "https://a.example/1", LinkPurpose.CONFIRMATION: "https://c.example/2"}

tricky = st.sampled_from(
    [
        *("(approval link)", "(confirmation link)", "{approval_link}", "{subject}", "What? Now! Yes. ", "\n\n", "  "),
        *("<p>", "https://evil.example/x", "\\1", "", "a\nb", ".", "{{ticket.title}}", "&amp;"),
    ]
)
words = st.lists(st.one_of(tricky, st.text(max_size=12)), max_size=4).map("".join)


def expected(requester: str, subject: str, steps: str, made: dict[LinkPurpose, str]) -> str:
    approve, confirm = made.get(LinkPurpose.APPROVAL), made.get(LinkPurpose.CONFIRMATION)
    return "\n\n".join(
        part
        for part in (
            f"Hello {requester},",
            f"we have an estimate for {subject}."
            + (f" To approve {subject}, open {approve} within 14 days." if approve else "")
            + " Or reply.",
            f"Is it solved? Then say so: {confirm}" if confirm else "Is it solved?",
            steps,
            "See https://example.com/manual or https://status.example.com.",
        )
    )


@given(words.filter(bool), words.filter(bool), words.filter(bool), st.sets(st.sampled_from(list(MADE))))
def test_every_sentence_of_the_template_is_there_with_the_words_letter_by_letter(
    requester: str, subject: str, steps: str, made: set[LinkPurpose]
) -> None:
    urls = {purpose: MADE[purpose] for purpose in made}
    filled = _filled(requester, subject, steps).resolved(urls.get)
    assert filled.text == expected(requester, subject, steps, urls)
    there = [filled.text[link.start : link.end] for link in filled.links]
    assert there == [*urls_in_order(urls), "https://example.com/manual", "https://status.example.com"]


@given(words.filter(bool), words.filter(bool), words.filter(bool))
def test_a_customers_words_make_no_link_in_a_vendors_message(requester: str, subject: str, steps: str) -> None:
    filled = _filled(requester, subject, steps).resolved(MADE.get)
    anchors = _Anchors()
    anchors.feed(odoo_html(filled.text, filled.links))
    anchors.close()
    assert anchors.found == [*MADE.values(), "https://example.com/manual", "https://status.example.com"]
    without = _Anchors()
    without.feed(zendesk_html(filled.text))
    assert without.found == []


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Dear {nobody}, hello", "Dear , hello"),
        ("Level {nobody} of 3", "Level of 3"),
        ("{nobody} first", "first"),
        ("last {nobody}", "last"),
        ("a {nobody}\nb", "a\nb"),
        ("a {nobody} {nobody} b", "a b"),
        ("a  b ", "a b"),
    ],
)
def test_an_empty_word_leaves_no_gap(template: str, text: str) -> None:
    assert fill(template, {}).text == text


SHIPPED = [text for name in packs() for text in load_policy(name).templates.values()]
SOME_WORD = "\ue000"


@given(words.filter(bool), st.sampled_from(SHIPPED), st.booleans())
def test_every_template_of_the_shipped_policies_keeps_its_sentences(word: str, template: str, is_linked: bool) -> None:
    def written(each: str) -> str:
        names = PLACEHOLDER.findall(template)
        filled = fill(unwrapped(template), dict.fromkeys(names, each))
        return filled.resolved(lambda purpose: MADE[purpose] if is_linked else None).text

    assert written(word) == written(SOME_WORD).replace(SOME_WORD, word)


def _filled(requester: str, subject: str, steps: str) -> LinkedText:
    return fill(TEMPLATE, {"requester": requester, "subject": subject, "steps": steps, **ADDRESSES}, ADDRESSES)


def urls_in_order(urls: dict[LinkPurpose, str]) -> list[str]:
    return [urls[purpose] for purpose in MADE if purpose in urls]


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found.append(str(dict(attrs)["href"]))
