"""Translations: a language without a text, a placeholder that one lacks, what stays English. See :mod:`.messages`."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from bridge.policy.evaluation.reader import has_words, is_english
from bridge.policy.evaluation.template import PLACEHOLDER
from bridge.policy.lint.registry import Found
from bridge.policy.model import Policy
from bridge.policy.pack_parts import names_of, parts
from bridge.policy.references import Kind
from bridge.policy.rules.reactions import Reaction
from bridge.policy.rules.severity import SeverityRow
from bridge.ticket import Status


def public_templates(policy: Policy) -> list[str]:
    """The templates of messages to customers."""
    found = (
        name for path, name in names_of(policy, Kind.TEMPLATE) if any("message" in str(step) for step in path[-2:])
    )
    return list(dict.fromkeys(name for name in found if name in policy.templates))


def languages_without_text(policy: Policy) -> Iterator[Found]:
    translated = {name for texts in policy.translations.values() for name in texts}.union(public_templates(policy))
    wanted = [name for name in policy.templates if name in translated]
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
    """Reasons are in the language of the pack, or of this program; that and lengths of time speak five languages."""
    for language, texts in policy.translations.items():
        for name, text in texts.items() if not is_english(language) else ():
            untranslated = _untranslated(policy, language, name)
            for word in dict.fromkeys(word for word in PLACEHOLDER.findall(text) if word in untranslated):
                found = f"{name!r} with {{{word}}}, which is English"
                fix = f"write the sentence without it, or its words under translated_words.{language}"
                yield Found(("translations", language, name), found, "words of the language", fix)


def conditions_as_reasons(policy: Policy) -> Iterator[Found]:
    """A rule without a reason gives its condition, in English where the program does not speak the language."""
    if has_words(own := policy.language_of_templates):
        return
    for path, part in parts(policy):
        said = [name for name in _texts_of(part) if "reason" in PLACEHOLDER.findall(policy.templates.get(name, ""))]
        if said and not getattr(part, "reason", "given"):
            found = f"no reason, and {{reason}} in {said[0]!r}: its condition in English"
            yield Found(path, found, f"a reason in the language of the templates ({own})", "add reason")


def _texts_of(part: BaseModel) -> Iterator[str]:
    """The templates that a part of a pack fills with its reason."""
    values = dict(part)
    yield from (str(values[key]) for key in ("message", "note") if values.get(key))
    if values.get("notify"):
        yield "notify"
    if isinstance(part, SeverityRow):
        yield "severity"


def _untranslated(policy: Policy, language: str, template: str) -> set[str]:
    """The placeholders of a message that are filled with words that nobody has translated.

    Levels such as P1 need no translation; where one of them has one, all do.
    """
    words = policy.translated_words.get(language, {})
    users = [part for _, part in parts(policy) if template in dict(part).values()]
    reasons = [part.reason for part in users if isinstance(part, Reaction)]
    found = set() if has_words(language) else {"closes_in"}
    is_reason_of_program = not has_words(language) and (not users or len(reasons) < len(users))
    if is_reason_of_program or any(reason not in words for reason in reasons):
        found.add("reason")
    levels = policy.severity.levels.keys()
    return found | ({"level", "proposed"} if levels & words.keys() and levels - words.keys() else set())


def unused_words(policy: Policy) -> Iterator[Found]:
    known = {*policy.severity.levels, *(status.value.replace("_", " ") for status in Status)}
    known |= {value for fact in policy.facts.values() for value in fact.values or ()}
    known |= {name.replace("_", " ") for name in (*policy.role_directory, *(clock.name for clock in policy.clocks))}
    known |= set(policy.statuses.labels.values()) if policy.statuses else set()
    known |= {reason for _, part in parts(policy) if (reason := getattr(part, "reason", ""))}
    for language, words in policy.translated_words.items():
        if language not in (*policy.translations, policy.language_of_templates):
            fix = f"add translations.{language}, or remove this"
            yield Found(("translated_words", language), language, tuple(policy.translations), fix)
        for word in words:
            if word not in known:
                allowed = "levels, statuses, roles, clocks, reasons and values of facts of this pack"
                yield Found(("translated_words", language, word), repr(word), allowed, "write it as the pack does")
