"""Translations: a language without a text, a placeholder that one lacks, what stays English. See :mod:`.messages`."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.evaluation.reader import base_of, has_words
from bridge.policy.evaluation.template import PLACEHOLDER
from bridge.policy.lint.registry import Found
from bridge.policy.model import Policy
from bridge.policy.pack_parts import names_of, parts
from bridge.policy.references import Kind
from bridge.ticket import Status


def public_templates(policy: Policy) -> list[str]:
    """The templates of messages to customers."""
    found = (
        name for path, name in names_of(policy, Kind.TEMPLATE) if any("message" in str(step) for step in path[-2:])
    )
    return list(dict.fromkeys(name for name in found if name in policy.templates))


def languages_without_text(policy: Policy) -> Iterator[Found]:
    elsewhere = {name for texts in policy.translations.values() for name in texts}
    wanted = [name for name in policy.templates if name in {*public_templates(policy), *elsewhere}]
    for language, texts in policy.translations.items():
        for name in wanted:
            if not texts.get(name, "").strip():
                found = f"no text for {name!r} in {language}"
                fix = f"add {name} under translations.{language}"
                yield Found(("translations", language), found, "a text for every message to customers", fix)


def missing_placeholders(policy: Policy) -> Iterator[Found]:
    for language, texts in policy.translations.items():
        for name, text in texts.items():
            own = PLACEHOLDER.findall(policy.templates.get(name, ""))
            for word in dict.fromkeys(word for word in own if word not in PLACEHOLDER.findall(text)):
                found = f"{name!r} without {{{word}}}, which templates.{name} has"
                allowed = "the same placeholders in every language"
                yield Found(("translations", language, name), found, allowed, f"add {{{word}}}, or remove it there")


def english_words(policy: Policy) -> Iterator[Found]:
    """Reasons are in the language of the pack and of this program; lengths of time in five languages."""
    for language, texts in policy.translations.items():
        fixed = set() if has_words(language) else {"closes_in"}
        for name, text in texts.items() if base_of(language) != "en" else ():
            untranslated = fixed | _untranslated(policy, language, name)
            for word in dict.fromkeys(word for word in PLACEHOLDER.findall(text) if word in untranslated):
                found = f"{name!r} with {{{word}}}, which is English"
                fix = f"write the sentence without it, or its words under translated_words.{language}"
                yield Found(("translations", language, name), found, "words of the language", fix)


def _untranslated(policy: Policy, language: str, template: str) -> set[str]:
    """The placeholders of a message that the pack fills with words it does not translate.

    Levels such as P1 need no translation; where one of them has one, all do.
    """
    words = policy.translated_words.get(language, {})
    users = [part for path, part in parts(policy) if template in dict(part).values()]
    reasons = [getattr(part, "reason", "") for part in users]
    found = set() if users and all(reason in words for reason in reasons) else {"reason"}
    levels = policy.severity.levels.keys()
    return found | ({"level", "proposed"} if levels & words.keys() and levels - words.keys() else set())


def unused_words(policy: Policy) -> Iterator[Found]:
    known = {*policy.severity.levels, *(status.value.replace("_", " ") for status in Status)}
    known |= {value for fact in policy.facts.values() for value in fact.values or ()}
    known |= {reason for _, part in parts(policy) if (reason := getattr(part, "reason", ""))}
    for language, words in policy.translated_words.items():
        if language not in policy.translations:
            fix = f"add translations.{language}, or remove this"
            yield Found(("translated_words", language), language, tuple(policy.translations), fix)
        for word in words:
            if word not in known:
                allowed = "levels, statuses, reasons and values of facts of this pack"
                yield Found(("translated_words", language, word), repr(word), allowed, "write it as the pack does")
