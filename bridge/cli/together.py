"""What ``check`` and ``doctor`` find out about packs that are to work together, as ``policybridge.yaml`` has them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bridge.cli.lint import Checked, Remark
from bridge.config.configured_packs import Named, tied
from bridge.errors import InputError
from bridge.policy.lint import Level
from bridge.policy.load import load_policy
from bridge.yamlio.validate import Document, KeyPath, read, validate
from mappings.connection import Configuration

MISFIT = "PB003"
"""Overrides that do not fit their pack."""
TIE = "PB004"
"""Two packs that could govern the same ticket."""


def together(config: Path) -> Checked:
    """Check the packs of a configuration with their overrides, and with each other. Raises ``InputError``.

    Faults of a pack alone are left to :func:`bridge.cli.lint.checked`.
    """
    document = read(config)
    return Checked(str(config), config, None, tuple(sorted(_remarks(document, validate(document, Configuration)))))


def _remarks(document: Document, configuration: Configuration) -> Iterator[Remark]:
    packs: list[Named] = []
    for name in configuration.policy:
        overrides = configuration.overrides.get(name)
        try:
            packs.append((name, load_policy(name, overrides)))
        except InputError as error:
            if overrides:
                path = ("overrides", name)
                yield from (_remark(document, path, MISFIT, line) for line in str(error).splitlines())
    for line in tied(packs):
        yield _remark(document, ("policy",), TIE, line.removeprefix("policy: "))


def _remark(document: Document, path: KeyPath, code: str, message: str) -> Remark:
    fault = document.fault(path, f"{code} {message}")
    where = f"{fault.name}:{fault.line}:{fault.column} {fault.path}"
    return Remark(fault.line, fault.column, code, Level.ERROR, where, fault.message)
