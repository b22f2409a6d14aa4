"""The small pack, and packs that differ from it."""

from collections.abc import Callable
from pathlib import Path

# Not used here: with CPython up to 3.11.7 pytest ends with an error unless hypothesis is imported early (pytest#10874).
import hypothesis  # noqa: F401
import pytest

BASE = Path(__file__).parent / "base.yaml"


@pytest.fixture
def pack_with(tmp_path: Path) -> Callable[[str, str], Path]:
    """The file of the small pack after one change of its text."""

    def write(old: str, new: str) -> Path:
        text = BASE.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the small pack"
        file = tmp_path / "broken.yaml"
        file.write_text(text.replace(old, new), encoding="utf-8")
        return file

    return write
