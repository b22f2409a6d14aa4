"""The wheel: all that the program needs is in it, with the list of its parts. The locks agree with each other."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the contents of the wheel, as an installation has them."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [str(Path(sys.executable).with_name("hatchling")), "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(unpacked: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, from the wheel and from nowhere else, in an empty folder."""
    folder = unpacked.with_name("empty")
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-P", "-c", "import bridge.cli as c; print(c.__file__); c.main()", *arguments]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("POLICYBRIDGE_")}
    variables |= {"PYTHONPATH": str(unpacked), **environment}
    done = subprocess.run(command, cwd=folder, env=variables, text=True, capture_output=True, timeout=120, check=False)
    assert done.stdout.startswith(str(unpacked))
    return done


def test_the_packs_and_their_scenarios_are_in_it(unpacked: Path) -> None:
    assert "✓ maas360 " in run(unpacked, "check").stdout
    shipped = unpacked / "mappings" / "scenarios"
    assert {each.name for each in shipped.iterdir()} == {each.name for each in (ROOT / "mappings/scenarios").iterdir()}
    done = run(unpacked, "test", str(shipped / "oncleversoft"))
    assert (done.returncode, "all passed" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete_commands(unpacked: Path, shell: str) -> None:
    done = run(unpacked, _POLICYBRIDGE_COMPLETE=f"{shell}_source")
    assert "_POLICYBRIDGE_COMPLETE" in done.stdout


def test_nothing_else_is_in_it(unpacked: Path) -> None:
    packages = {each.name for each in unpacked.iterdir() if not each.name.endswith(".dist-info")}
    assert packages == {"app.py", "bridge", "mappings", "webhooks"}


def test_the_list_of_parts_is_what_is_locked(unpacked: Path) -> None:
    [sbom] = unpacked.glob("*.dist-info/sboms/sbom.cdx.json")
    parts = json.loads(sbom.read_text("utf-8"))["components"]
    assert {(part["name"], part["version"]) for part in parts} == locked("requirements-runtime.txt"), "run make lock"


def test_what_runs_is_a_part_of_what_was_tested() -> None:
    assert locked("requirements-runtime.txt") < locked("requirements.txt"), "run make lock"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    assert {re.split(r"[^\w-]", each)[0] for each in needed} <= {name for name, _ in locked("requirements-runtime.txt")}


def test_pip_is_given_a_lock_and_nothing_else() -> None:
    """Where one requirement has hashes, pip refuses all that have none, such as the folder of the project."""
    page = (ROOT / "docs/deploy.md").read_text("utf-8")
    commands = re.findall(r"^[$#] .*?(?:pip|pipx|runpip policybridge --quiet) install (.*)$", page, re.MULTILINE)
    locked_ones = [command for command in commands if "requirements" in command]
    assert len(commands) == len(locked_ones) + 2
    assert all(re.fullmatch(r'--require-hashes -r ("\$PWD/)?requirements-runtime.txt"?', each) for each in locked_ones)


def test_the_image_is_built_from_files_that_are_there() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = {name for line in lines if re.match("COPY [^-]", line) for name in line.split()[1:-1]}
    assert all((ROOT / name).exists() for name in copied)
    assert copied <= {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line[0] == "!"}


def locked(lock: str) -> set[tuple[str, str]]:
    """Names and versions in a lock."""
    return set(re.findall(r"^([\w.-]+)(?:\[\w+\])?==([\w.]+)", (ROOT / lock).read_text("utf-8"), re.MULTILINE))
