"""Conditions in words, each part a sentence that can be said in the languages of the program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from bridge.policy.evaluation.comparisons import is_comparison, worded_comparison
from bridge.policy.evaluation.sentence import Sentence, both, either, series
from bridge.policy.evaluation.terms import term

_BRACKETS = "(%(condition)s)"
_ALL_OF, _NONE_OF = frozenset({"all"}), frozenset({"none", "not"})
_OPENINGS = frozenset({"calendar_open", "opened_in"})
"""Names of conditions that are calendars."""
_NAMED_ELSEWHERE = frozenset({"account", "assignee", "brand", "form", "group", "tags", "team"})
"""Names of conditions whose values are names in the helpdesk, shown as they are spelled there."""


def is_opening(name: str) -> bool:
    """Whether the name of a condition asks which calendars are open."""
    return name in _OPENINGS


def worded(name: str, test: Any) -> Sentence:
    """One part of a condition, such as ``level is critical or high``."""
    if name in ("any", "all", "none") and isinstance(test, list):
        return _combined(name, test)
    if name == "calendar_open":
        return both(_states(test, _IS))
    if name == "opened_in":
        return Sentence("it was opened while %(states)s", states=both(_states(test, _WAS)))
    named = term(name)
    if not isinstance(test, dict):
        return Sentence("%(name)s is %(value)s", name=named, value=shown(test, of=name))
    if "known" in test:
        known = Sentence("%(name)s is known", name=named)
        return known if test["known"] else Sentence("%(name)s is not known", name=named)
    if "not" in test:
        return Sentence("%(name)s is not %(value)s", name=named, value=shown(test["not"], of=name))
    if is_comparison(test):
        return Sentence("%(name)s is %(value)s", name=named, value=worded_comparison(test))
    words = [_AMONG[kind](shown(wanted, of=name)) for kind, wanted in test.items()]
    return Sentence("%(name)s has %(values)s", name=named, values=both(words))


def shown(value: Any, *, of: str) -> str:
    """A value of a condition's name, or the values of a list, in words."""
    if isinstance(value, list | tuple | Set):
        return either([shown(item, of=of) for item in sorted(value, key=str)]) if value else Sentence("not known")
    if value is None or value == "":
        return Sentence("not known")
    if of in _NAMED_ELSEWHERE:
        return str(value)
    return term({True: "yes", False: "no"}[value] if isinstance(value, bool) else value)


def _combined(name: str, parts: Sequence[Mapping[str, Any]]) -> Sentence:
    each = [both([worded(*item) for item in part.items()] or [term("always")]) for part in parts]
    whole = Sentence(_BRACKETS, condition=both(each) if name == "all" else either(each))
    return Sentence("not %(condition)s", condition=whole) if name == "none" else whole


_AMONG: dict[str, Callable[[str], Sentence]] = {
    "any": lambda values: Sentence("any of %(values)s", values=values),
    "all": lambda values: Sentence("all of %(values)s", values=values),
    "none": lambda values: Sentence("none of %(values)s", values=values),
}

State = Callable[[str], Sentence]
_IS: Mapping[tuple[bool, bool], State] = {
    (True, False): lambda names: Sentence("calendar %(names)s is open", names=names),
    (False, False): lambda names: Sentence("calendar %(names)s is closed", names=names),
    (True, True): lambda names: Sentence("calendars %(names)s are open", names=names),
    (False, True): lambda names: Sentence("calendars %(names)s are closed", names=names),
}
"""Whether they are open, and whether they are several -> the sentence."""
_WAS: Mapping[tuple[bool, bool], State] = {
    (True, False): lambda names: Sentence("calendar %(names)s was open", names=names),
    (False, False): lambda names: Sentence("calendar %(names)s was closed", names=names),
    (True, True): lambda names: Sentence("calendars %(names)s were open", names=names),
    (False, True): lambda names: Sentence("calendars %(names)s were closed", names=names),
}


def _states(test: Any, sentences: Mapping[tuple[bool, bool], State]) -> list[Sentence]:
    """Which calendars are open or closed, such as ``calendar office is open``."""
    words = []
    for kind, wanted in test.items() if isinstance(test, dict) else [("any", test)]:
        names = [series([str(item).replace("_", " ")]) for item in (wanted if isinstance(wanted, list) else [wanted])]
        together = kind in _ALL_OF | _NONE_OF
        state = sentences[kind not in _NONE_OF, together and len(names) > 1]
        words.append(state(both(names) if together else either(names)))
    return words
