"""Files with secrets or customers' words that others on this machine may read."""

from __future__ import annotations

import stat
from contextlib import suppress
from itertools import chain
from pathlib import Path

from bridge.config.settings import Settings
from bridge.config.sources import secret_files
from mappings.connection import Configuration


def open_files(settings: Settings, configuration: Configuration | None = None) -> list[Path]:
    """Files with secrets and the SQLite database, as far as anybody on this machine may read or change them."""
    named = [settings.config] if configuration and _names_channels(configuration) else []
    return [path for path in (*secret_files(), *named, *_database(settings.database_url)) if _is_open(path)]


def advice(path: Path) -> str:
    """What to do about such a file."""
    return f"every user of this machine can read it; run: chmod o= {path}"


def _names_channels(configuration: Configuration) -> bool:
    """Whether it has URLs of channels or of a mail server, which hold their tokens and passwords."""
    connections = configuration.connections.values()
    urls = chain.from_iterable((each.mail, *chain.from_iterable(each.notify.values())) for each in connections)
    return any("://" in url for url in urls)


def _database(url: str) -> list[Path]:
    path = url.removeprefix("sqlite:///").partition("?")[0]
    return [Path(f"{path}{end}") for end in ("", "-wal")] if url.startswith("sqlite:///") else []


def _is_open(path: Path) -> bool:
    with suppress(OSError):
        return bool(path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH))
    return False
