"""What people read is in the words of the trade: no sentence has a word of the private dialect that was once here.

Read are the documentation, help texts, console templates, and labels. The words are listed one by one, so that each can
be discussed; what is right in one sense is listed as the phrase that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bridge.cli import cli
from bridge.policy.load import load_policy, packs
from bridge.ports.outcomes import ReviewCause, ReviewOutcome

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
TEMPLATES = sorted((ROOT / "bridge" / "console" / "templates").rglob("*.html"))

DIALECT = (
    r"ailments?",
    r"anew",
    r"by hand\b",
    r"change of the clocks",
    r"comes? to rest|stands? still",
    r"deeds?",
    r"for ever\b",
    r"furniture",
    r"if it is left out",
    r"ill\b(?!-)",
    r"(?:are|is|be) told\b(?! apart)",
    r"judged?|judges",
    r"(?:a|the|every|one|another|idle|extra) look\b|looks? at tickets|looked at",
    r"laid over",
    r"mend(?:ed|s)?",
    r"mischief",
    r"needs? a person|wait for a person",
    r"no longer holds",
    r"nobody fills|nobody answers",
    r"postbox",
    r"put anew|puts? .{0,20} anew",
    r"reckon\w*",
    r"(?:is|are|be|what .{0,30}) owed\b|owes\b",
    r"rooms?\b|walls?\b",
    r"say what is|says what is ill",
    r"says? so\b",
    r"sights?",
    r"so that nobody",
    r"stays so",
    r"stor(?:y|ies)",
    r"support line",
    r"that is well|all is well|all well",
    r"that (?:do not )?hold(?:s)?\b",
    r"time came",
    r"to know\b(?= *<)",
    r"words? (?:to|of) (?:the|a) \w+",
)
CASE = r"case 1|the case\b|your case\b|this case\b|cases are"
"""Here it is a ticket; some documents of customers say case, and so may the messages of their packs."""
BANNED = re.compile(rf"\b(?:{'|'.join((*DIALECT, CASE))})", re.IGNORECASE)
BANNED_IN_PACKS = re.compile(rf"\b(?:{'|'.join(DIALECT)})", re.IGNORECASE)


def help_texts() -> Iterator[tuple[str, str]]:
    """Every help text of the command line, by what it belongs to."""
    yield "policybridge", f"{cli.help}\n{cli.epilog}"
    for name, command in cli.commands.items():
        yield name, command.help or ""
        for option in command.params:
            if isinstance(option, click.Option):
                yield f"{name} {option.opts[0]}", option.help or ""


def prose(document: str) -> str:
    """A page without its code: blocks, spans and comments."""
    without_blocks = re.sub(r"^```.*?^```$", "", document, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`]*`|<!--.*?-->", "", without_blocks, flags=re.DOTALL)


def visible(template: str) -> str:
    """The text of a template: no tags, expressions or statements."""
    return re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<style.*?</style>|<[^>]*>", " ", template, flags=re.DOTALL)


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_the_documentation(page: Path) -> None:
    assert BANNED.findall(prose(page.read_text("utf-8"))) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_the_console(template: Path) -> None:
    assert BANNED.findall(visible(template.read_text("utf-8"))) == []


@pytest.mark.parametrize(("where", "text"), [*help_texts()], ids=[where for where, _ in help_texts()])
def test_help_texts(where: str, text: str) -> None:
    assert BANNED.findall(text) == [], where
    assert text, f"{where} has no help"


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_help_begins_with_one_imperative_sentence(name: str) -> None:
    first = (cli.commands[name].help or "").split("\n")[0]
    assert re.fullmatch(r"[A-Z][a-z]+ [^.]+\.", first)
    assert not first.split()[0].endswith("s")


@pytest.mark.parametrize("pack", packs())
def test_messages_of_the_shipped_packs(pack: str) -> None:
    for name, text in load_policy(pack).templates.items():
        assert BANNED_IN_PACKS.findall(str(text)) == [], name


def test_labels() -> None:
    for label in (each.label for each in (*ReviewCause, *ReviewOutcome)):
        assert BANNED.findall(label) == []


def glossary() -> list[tuple[str, str]]:
    return re.findall(r"^\| ([a-z]+) \| (.+) \|$", GLOSSARY, re.MULTILINE)[1:]


def test_the_glossary_is_short_and_in_order() -> None:
    terms = [term for term, _ in glossary()]
    assert terms == sorted(terms)
    assert 12 <= len(terms) <= 20
    assert all(len(meaning) < 120 for _, meaning in glossary())


@pytest.mark.parametrize("term", [term for term, _ in glossary()])
def test_every_term_of_the_glossary_is_used(term: str) -> None:
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "bridge").rglob("*.py"))
    others = "\n".join(page.read_text("utf-8") for page in DOCUMENTS if page.name != "glossary.md")
    assert re.search(rf"(?<![a-z]){term}", code, re.IGNORECASE)
    assert re.search(rf"(?<![a-z]){term}", others, re.IGNORECASE)
