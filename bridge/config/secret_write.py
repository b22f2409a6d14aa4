"""Writing a secret into a file that only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path

from bridge.errors import InputError


def write_secret(path: Path, secret: str) -> None:
    """Write it, readable and writable by its owner only, in a folder that nobody else can list if it is new.

    The file is replaced as a whole, so it is never there with other rights. Raises ``InputError``.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{secret}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        advice = "choose a place that you may write, and run this again"
        raise InputError(f"{path}: the secret cannot be written: {error.strerror or error}; {advice}") from error
