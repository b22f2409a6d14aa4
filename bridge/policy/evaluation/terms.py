"""The words that every policy shares, as people say them: statuses, priorities, events, and what conditions ask for."""

from __future__ import annotations

from bridge.policy.evaluation.sentence import Sentence

_TERMS: dict[str, Sentence] = {
    term: term
    for term in (
        Sentence("new"),
        Sentence("open"),
        Sentence("in progress"),
        Sentence("waiting customer"),
        Sentence("customer update required"),
        Sentence("waiting internal"),
        Sentence("waiting development"),
        Sentence("solved"),
        Sentence("closed"),
        Sentence("low"),
        Sentence("normal"),
        Sentence("high"),
        Sentence("urgent"),
        Sentence("phone"),
        Sentence("email"),
        Sentence("agent message"),
        Sentence("agent action"),
        Sentence("any agent event"),
        Sentence("customer message"),
        Sentence("phone contact"),
        Sentence("customer"),
        Sentence("management"),
        Sentence("agent on behalf"),
        Sentence("agent for self"),
        Sentence("study"),
        Sentence("sla established"),
        Sentence("contract signed"),
        Sentence("support initiated"),
        Sentence("internal testing"),
        Sentence("always"),
        Sentence("account"),
        Sentence("assignee"),
        Sentence("awaiting customer"),
        Sentence("brand"),
        Sentence("channel"),
        Sentence("closed unanswered"),
        Sentence("confirmed"),
        Sentence("form"),
        Sentence("group"),
        Sentence("language"),
        Sentence("level"),
        Sentence("opened by"),
        Sentence("plan"),
        Sentence("priority"),
        Sentence("reopen count"),
        Sentence("status"),
        Sentence("tags"),
        Sentence("team"),
        Sentence("tier"),
        Sentence("type"),
        Sentence("yes"),
        Sentence("no"),
    )
}
"""Every term that a translation can have; what it does not hold is the pack's own."""


def term(word: object) -> str:
    """A word without its underscores, in its translations where every policy shares it."""
    spaced = str(word).replace("_", " ")
    return _TERMS.get(spaced, spaced)
