"""The clauses of a draft: each stands for a rule of the helpdesk, and says what it promised there."""

from __future__ import annotations

from collections.abc import Iterator

from mappings.native_rules import Source


class Clauses:
    """Clauses by their id, in the order in which rules cite them."""

    def __init__(self) -> None:
        self.texts: dict[str, dict[str, str]] = {}
        self._only_shown: dict[str, str] = {}

    def add(self, clause: str, heading: str, text: str) -> str:
        """Add a clause that no single native rule stands behind. Returns its id."""
        self.texts[clause] = {"heading": heading, "text": text}
        return clause

    def cite(self, source: Source, text: str) -> str:
        """The id of the clause that stands for a native rule, which promises ``text`` as well."""
        clause = f"{source.kind.split()[0].upper()}-{source.id}"
        known = f"{self.texts[clause]['text']} " if clause in self.texts else ""
        return self.add(clause, f"{source.kind[0].upper()}{source.kind[1:]} {source.id}: {source.title}", known + text)

    def show(self, source: Source, text: str, shown_in: str) -> None:
        """Note a native rule that became a part of another rule, where a pack cites no clause."""
        self._only_shown[self.cite(source, text)] = shown_in

    def informational(self) -> Iterator[dict[str, str]]:
        """Clauses that are shown and cited by nothing."""
        for clause, shown_in in self._only_shown.items():
            yield {"clause": clause, "text": self.texts[clause]["text"], "shown_in": shown_in}
