"""The Helm chart, rendered by helm: with SQLite, with PostgreSQL behind an ingress, and with values it refuses."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "policybridge"
REQUIRED = {"files": {"policybridge.yaml": "policy: maas360\n"}, "secretName": "bridge"}

pytestmark = pytest.mark.skipif(not shutil.which("helm"), reason="helm is not installed here")


def helm(tmp_path: Path, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    given = tmp_path / "values.yaml"
    with given.open("w") as file:
        YAML().dump(values, file)
    command = ["helm", "template", "acme", str(CHART), "--values", str(given)]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def rendered(tmp_path: Path, **values: Any) -> dict[str, dict[str, Any]]:
    """What the chart makes of values, by kind."""
    done = helm(tmp_path, REQUIRED | values)
    assert done.returncode == 0, done.stderr
    return {each["kind"]: each for each in YAML(typ="safe").load_all(done.stdout) if each}


def container(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    [only] = found["Deployment"]["spec"]["template"]["spec"]["containers"]
    return dict(only)


def test_sqlite_has_one_server_and_a_volume_that_stays(tmp_path: Path) -> None:
    found = rendered(tmp_path)
    assert set(found) == {"ConfigMap", "Deployment", "PersistentVolumeClaim", "Service"}
    assert found["Deployment"]["spec"]["strategy"] == {"type": "Recreate"}
    assert found["PersistentVolumeClaim"]["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    [variable] = container(found)["env"]
    mounts = {each["mountPath"] for each in container(found)["volumeMounts"]}
    assert variable["value"].removeprefix("sqlite:///").rpartition("/")[0] in mounts


def test_postgresql_has_many_servers_behind_an_ingress(tmp_path: Path) -> None:
    ingress = {"enabled": True, "host": "bridge.acme.example", "tlsSecretName": "tls"}
    settings = {"POLICYBRIDGE_MAX_BODY": 1048576, "POLICYBRIDGE_SWEEP": 90.5, "ZENDESK_SUBDOMAIN": "acme"}
    found = rendered(tmp_path, replicas=3, sqlite={"enabled": False}, ingress=ingress, settings=settings)
    assert set(found) == {"ConfigMap", "Deployment", "Ingress", "Service"}
    assert found["Deployment"]["spec"]["replicas"] == 3
    assert found["Ingress"]["spec"]["tls"] == [{"hosts": ["bridge.acme.example"], "secretName": "tls"}]
    variables = {each["name"]: each["value"] for each in container(found)["env"]}
    assert variables == {name: str(value) for name, value in settings.items()}


def test_it_runs_with_few_rights(tmp_path: Path) -> None:
    found = rendered(tmp_path)
    pod = found["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert f"--uid {pod['securityContext']['runAsUser']} " in (ROOT / "Dockerfile").read_text("utf-8")
    assert container(found)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not pod["automountServiceAccountToken"]


def test_new_files_restart_the_servers(tmp_path: Path) -> None:
    before, after = rendered(tmp_path), rendered(tmp_path, files={"policybridge.yaml": "policy: mattermost\n"})
    checksums = [each["Deployment"]["spec"]["template"]["metadata"]["annotations"] for each in (before, after)]
    assert checksums[0] != checksums[1]


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"secretName": ""}, "secretName"),
        ({"files": {"accounts.yaml": "a"}}, "policybridge.yaml"),
        ({"replicas": 2}, "sqlite"),
        ({"replicaCount": 2}, "replicaCount"),
        ({"ingress": {"enabled": True}}, "host"),
        ({"settings": {"zendesk_subdomain": "acme"}}, "zendesk_subdomain"),
    ],
)
def test_values_that_cannot_work_are_refused(tmp_path: Path, values: dict[str, Any], named: str) -> None:
    done = helm(tmp_path, REQUIRED | values)
    assert done.returncode
    assert named in done.stderr


def test_every_value_is_documented() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8").partition("| value |")[2].partition("\n\n")[0]
    told = {name for row in page.splitlines() for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}
    assert told == set(YAML(typ="safe").load((CHART / "values.yaml").read_text("utf-8")))
