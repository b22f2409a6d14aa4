"""How a text field of a ticket shows a value to people: a name as a title, a clause with its sentence.

Decisions, plans and records keep the value itself; only a vendor's text fields show it like this. A name and its title
are the same in the form in which values are compared (:func:`bridge.ticket.same_form`).
"""

from __future__ import annotations

from collections.abc import Iterable

_SENTENCE = ": "
_WITH_SENTENCE = frozenset({"clause"})
"""Display fields whose value is followed by a sentence."""
_SMALL_WORDS = frozenset({"and", "at", "by", "for", "in", "of", "on", "the", "to"})
"""Words in the names of roles that are short and yet no abbreviations."""


def title(name: str) -> str:
    """A name as a title: ``first_response`` is ``First response``."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def role_titles(roles: Iterable[str]) -> str:
    """Roles as people write them: ``account_manager`` and ``coo`` are ``Account Manager, COO``."""
    return ", ".join(map(role_title, roles))


def role_title(role: str) -> str:
    """A role as people write it: ``head_of_support`` is ``Head of Support``, ``it_lead`` is ``IT Lead``."""
    first, *others = role.split("_")
    return " ".join((_cased(first, first.capitalize()), *(_cased(word, word) for word in others)))


def _cased(word: str, small: str) -> str:
    """One word of a role: abbreviations in capitals, and words such as *of* as ``small`` says."""
    if word in _SMALL_WORDS:
        return small
    return word.upper() if len(word) <= len("coo") else word.capitalize()


def with_sentence(clause: str, sentence: str) -> str:
    """A clause with its sentence: ``MA-10: Initial response in 30 minutes``."""
    return f"{clause}{_SENTENCE}{' '.join(sentence.split())}" if sentence else clause


def value_shown(field: str, text: str) -> str:
    """The value that the text of a display field stands for."""
    return text.partition(_SENTENCE)[0] if field in _WITH_SENTENCE else text
