"""Translations: a language without a text, a placeholder that one lacks, what stays English. See :mod:`.messages`."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.policy.evaluation.reader import STYLES, base_of
from bridge.policy.lint.registry import Found
from bridge.policy.model import PLACEHOLDER, Policy
from bridge.policy.pack_parts import names_of
from bridge.policy.references import Kind


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
        fixed = {"reason"} | (set() if base_of(language) in STYLES else {"closes_in"})
        for name, text in texts.items() if base_of(language) != "en" else ():
            for word in dict.fromkeys(word for word in PLACEHOLDER.findall(text) if word in fixed):
                found = f"{name!r} with {{{word}}}, which is English"
                fix = "write the sentence without it"
                yield Found(("translations", language, name), found, "words of the language", fix)
