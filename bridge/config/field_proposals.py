"""Which of an account's fields probably holds which fact of the policies: by type, by name, and by options. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from bridge.decision.display import title
from bridge.policy.evaluation.fact_spec import FactSpec
from bridge.policy.model import Policy
from bridge.ticket import tag_form
from mappings.field_sources import VendorRef

FieldKind = Literal["choice", "bool", "number", "text"]

_FITS: dict[str, frozenset[FieldKind]] = {
    "choice": frozenset({"choice"}),
    "bool": frozenset({"bool"}),
    "number": frozenset({"number", "text"}),
    "datetime": frozenset({"text"}),
    "text": frozenset({"text", "choice"}),
}
"""Type of a fact -> kinds of fields that can hold it."""
_SAYS_NOTHING = frozenset({"a", "an", "and", "in", "is", "it", "of", "on", "or", "policy", "s", "the", "ticket", "to"})
_ENOUGH = 0.5
"""The smallest score at which a field is proposed."""
_SURE = 0.9
"""The smallest score at which a proposal needs no second look."""


@dataclass(frozen=True)
class AccountField:
    """A ticket field of an account, in words that every vendor has."""

    ref: VendorRef
    """How ``policybridge.yaml`` names it."""
    title: str
    kind: FieldKind
    options: Mapping[str, str] = field(default_factory=dict)
    """The values that people choose from -> their labels."""


@dataclass(frozen=True)
class FieldProposal:
    """A field that probably holds a fact, and why."""

    fact: str
    field: AccountField
    values: Mapping[str, str]
    """Option -> value of the fact."""
    score: float
    because: str
    allowed: Sequence[str] = ()
    """The values that the fact may have; empty where any will do."""

    @property
    def is_sure(self) -> bool:
        return self.score >= _SURE

    @property
    def unknown_options(self) -> list[str]:
        """Labels of options that mean no value of the fact."""
        return [label for value, label in self.field.options.items() if self.allowed and value not in self.values]

    @property
    def entry(self) -> dict[str, Any]:
        """What the connection says of the fact."""
        read_as = {"bool": "checkbox", "number": "number"}.get(self.field.kind)
        entry: dict[str, Any] = {"field": self.field.ref}
        entry |= {"type": read_as} if read_as else {}
        return entry | ({"values": dict(self.values)} if self.values else {})


def facts_of(policies: Iterable[Policy]) -> dict[str, FactSpec]:
    """Every fact of some policies; the first policy that has it says what it is."""
    found: dict[str, FactSpec] = {}
    for policy in policies:
        found = {**policy.facts, **found}
    return found


def proposals(facts: Mapping[str, FactSpec], fields: Sequence[AccountField]) -> list[FieldProposal]:
    """The best proposal for each fact; each field is proposed once, to the fact that it fits best."""
    found = sorted(_all(facts, fields), key=lambda each: -each.score)
    chosen: dict[str, FieldProposal] = {}
    taken: set[VendorRef] = set()
    for each in found:
        if each.fact not in chosen and each.field.ref not in taken:
            chosen[each.fact] = each
            taken.add(each.field.ref)
    return [chosen[fact] for fact in facts if fact in chosen]


def _all(facts: Mapping[str, FactSpec], fields: Sequence[AccountField]) -> Iterator[FieldProposal]:
    for name, spec in facts.items():
        for each in fields:
            if each.kind in _FITS[spec.type] and (found := _proposal(name, spec, each)).score >= _ENOUGH:
                yield found


def _proposal(name: str, spec: FactSpec, candidate: AccountField) -> FieldProposal:
    values = _translation(spec, name, candidate)
    named, chosen = _name_score(name, spec, candidate.title), _option_score(spec, values)
    reasons = [f"it is called {candidate.title}"] if named >= _ENOUGH else []
    if values:
        reasons.append(f"{len(values)} of its {len(candidate.options)} options are values of the fact")
    score = named if not spec.values else chosen
    if spec.values and named >= _ENOUGH:  # a person sees whether its options are values in other words
        score = max(chosen, (named + chosen) / 2, _ENOUGH)
    because = ", and ".join(reasons)
    return FieldProposal(name, candidate, values, score if reasons else 0.0, because, spec.values or ())


def _translation(spec: FactSpec, name: str, candidate: AccountField) -> dict[str, str]:
    """Option -> value of the fact, for options whose value or label is the value, with or without the fact's name."""
    found: dict[str, str] = {}
    for raw, label in candidate.options.items():
        written = {tag_form(raw), tag_form(raw).removeprefix(f"{tag_form(name)}_"), tag_form(label.replace(" ", "_"))}
        match = next((value for value in spec.values or () if tag_form(value) in written), None)
        if match is not None:
            found[raw] = match
    return found


def _option_score(spec: FactSpec, values: Mapping[str, str]) -> float:
    return len(set(values.values())) / len(spec.values) if spec.values else 0.0


def _name_score(name: str, spec: FactSpec, label: str) -> float:
    """How much of the fact's name, or of what it asks, is in the field's title: from 0 to 1."""
    words = _words(label)
    if not words:
        return 0.0
    if words in (_words(name), _words(spec.label), _words(title(name))):
        return 1.0
    return max(len(words & other) / len(words | other) for other in (_words(name), _words(spec.label)))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z0-9]+", text.lower().replace("_", " "))) - _SAYS_NOTHING
