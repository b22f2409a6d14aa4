"""Finding, reading and checking pack files. The only module of the policy that touches the disk."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached

import mappings
from bridge.errors import InputError
from bridge.policy.load_errors import pack_errors
from bridge.policy.model import Policy
from bridge.policy.overrides import merged, unknown_removals
from bridge.policy.renamed import renamed_terms
from bridge.yamlio.document import YamlDocument, read
from bridge.yamlio.problems import FileProblem, InvalidFile, KeyPath, reject
from bridge.yamlio.validate import validate

SHIPPED = Path(mappings.__file__).parent / "packs"


def packs() -> list[str]:
    """Names of the shipped packs."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def load_policy(name_or_path: str, overrides: Mapping[str, Any] | None = None) -> Policy:
    """A shipped pack by name, or a pack file by path, with overrides merged over it.

    Raises ``InputError`` with one line for each problem: file, line, column, what was found, what is allowed.
    """
    path = pack_file(name_or_path)
    return _load(path, path.stat().st_mtime_ns, overrides or {})


def override_problems(
    document: YamlDocument, path: KeyPath, overrides: Mapping[str, Any], error: InputError
) -> list[FileProblem]:
    """The problems of a pack under overrides, each at the override in ``document`` from which it follows."""
    if not isinstance(error, InvalidFile):
        return [document.problem(path, line) for line in str(error).splitlines()]
    return [_at_override(document, path, overrides, problem) for problem in error.problems]


def _at_override(
    document: YamlDocument, path: KeyPath, overrides: Mapping[str, Any], problem: FileProblem
) -> FileProblem:
    steps = problem.path.partition("[")[0].split(".")
    if steps[0] in overrides:
        return document.problem((*path, *steps), problem.message)
    return document.problem(path, f"{problem.path}: {problem.message}" if problem.path else problem.message)


def pack_file(name_or_path: str) -> Path:
    """The file of a pack. Raises ``InputError`` with the names there are."""
    path = SHIPPED / f"{name_or_path}.yaml"
    if path.is_file():
        return path
    if (path := Path(name_or_path)).suffix in (".yaml", ".yml"):
        if path.is_file():
            return path
        raise InputError(f"{name_or_path}: no such file; give the path of a pack or one of {', '.join(packs())}")
    raise InputError(f"found policy {name_or_path!r}; allowed: {', '.join(packs())}, or the path of a .yaml file")


def checked(document: YamlDocument) -> Policy:
    """A document as a policy, its words checked against each other. Raises ``InputError`` listing every problem."""
    if old := renamed_problems(document, document.value):
        reject(old)
    validate(document, Policy)
    policy = Policy.of(document.value)
    if found := [document.problem(path, message) for path, message in pack_errors(policy)]:
        reject(found)
    return policy


def renamed_problems(document: YamlDocument, text: Any, *path: str) -> list[FileProblem]:
    """Old words in the text of a pack, or in overrides of one, that stands at ``path`` of a document."""
    words = renamed_terms(text) if isinstance(text, Mapping) else ()
    return [document.problem((*path, *word.path), word.message, key=word.is_key) for word in words]


def removal_problems(document: YamlDocument, pack: str, overrides: Mapping[str, Any], *path: str) -> list[FileProblem]:
    """Removals of what a pack does not have, in the overrides that stand at ``path`` of a document."""
    try:
        found = unknown_removals(load_policy(pack).source, overrides)
    except InputError:
        return []  # reported where the pack is loaded
    return [document.problem((*path, *steps), message) for steps, message in found]


def _key(path: Path, changed: int, overrides: Mapping[str, Any]) -> Hashable:
    return path, changed, repr(overrides)


@cached(LRUCache(maxsize=64), key=_key, lock=Lock())
def _load(path: Path, changed: int, overrides: Mapping[str, Any]) -> Policy:
    document = _document(path, changed)
    text = merged(document.value, overrides) if overrides else document.value
    return checked(YamlDocument(document.name, text, document.node))


@lru_cache(maxsize=16)
def _document(path: Path, _changed: int) -> YamlDocument:
    return read(path)
