"""What has changed in a helpdesk since ``install`` was applied, as lines of ``doctor``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.helpdesks.installer import InstallLine, InstallStep
from bridge.ports.helpdesk import Diagnosis


def drift_lines(vendor: str, lines: Iterable[InstallLine]) -> Iterator[Diagnosis]:
    """One line for each step that would put something right, and for each remark that somebody has to see."""
    is_right = True
    for line in lines:
        if isinstance(line, InstallStep):
            advice = f"{line.why}; `policybridge install {vendor} --plan` shows what would put it right"
            yield Diagnosis(f"installed {line.model} {line.name}", ok=False, advice=advice)
        elif line.warns or not line.ok:
            yield line
        is_right = is_right and not isinstance(line, InstallStep) and line.ok
    if is_right:
        yield Diagnosis("installed", ok=True, advice="everything is as it was installed")
