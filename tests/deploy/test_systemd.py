"""The systemd unit: systemd accepts it, and it gives the program little to do harm with."""

import shutil
import subprocess
from pathlib import Path

import pytest

from bridge.config.settings import Settings
from bridge.config.zendesk_settings import ZendeskSettings

FOLDER = Path(__file__).parents[2] / "deploy" / "systemd"
UNIT = FOLDER / "policybridge.service"
HIGHEST_EXPOSURE = 20
"""Of 100, as ``systemd-analyze security`` counts; 20 is what it calls OK."""

pytestmark = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed here")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], text=True, capture_output=True, check=False)


def test_systemd_accepts_it(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text("utf-8").replace("/opt/policybridge/bin/policybridge", "/bin/true"))
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stderr) == (0, "")


def test_it_gives_little_to_do_harm_with() -> None:
    done = analyze("security", "--offline=true", f"--threshold={HIGHEST_EXPOSURE}", str(UNIT))
    assert done.returncode == 0, done.stdout


def test_the_environment_has_variables_that_exist() -> None:
    lines = (FOLDER / "environment").read_text("utf-8").splitlines()
    given = {line.partition("=")[0] for line in lines if line and not line.startswith("#")}
    known = {f"{each.variables}{name.upper()}" for each in (Settings, ZendeskSettings) for name in each.model_fields}
    assert given <= known | {"POLICYBRIDGE_SECRETS_DIR"}
