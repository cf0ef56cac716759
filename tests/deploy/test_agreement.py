"""What `deploy/` says of the gateway is true of the code: settings, ports, metrics, events, paths."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from gateway.cli import application
from gateway.settings import SECRETS, Settings
from gateway.state import StateDirectory
from gateway.telemetry import catalogue, metrics
from tests.deploy.front import DEPLOY

FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file() and "secrets" not in path.parts]
TEXT = [path for path in FILES if path.suffix not in (".png", ".svg", ".txt")]
SETTINGS = {f"GATEWAY_{name.upper()}" for name in Settings.model_fields}
METRICS = {*metrics.COUNTERS, *metrics.GAUGES, *(f"{metrics.DURATION}{end}" for end in ("_bucket", "_count", "_sum"))}
LABELS = {name: kind[0] for kinds in (metrics.COUNTERS, metrics.GAUGES) for name, kind in kinds.items()}


def _expressions() -> Iterator[tuple[str, str]]:
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in json.loads((DEPLOY / "grafana" / "gateway.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


@pytest.mark.parametrize("path", TEXT, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_that_is_named_exists(path: Path) -> None:
    for name in set(re.findall(r"\bGATEWAY_[A-Z_]+[A-Z]\b", path.read_text())):
        base = name.removesuffix("_FILE")
        known = base in SETTINGS and (name == base or base.removeprefix("GATEWAY_").lower() in SECRETS)
        assert known or name in SETTINGS, f"{path.name}: {name} is no setting"


@pytest.mark.parametrize(("where", "expression"), list(_expressions()))
def test_every_expression_asks_for_metrics_and_labels_that_exist(where: str, expression: str) -> None:
    asked = set(re.findall(r"\b(?:gateway|http)_[a-z_]+", expression))
    assert asked or expression.startswith("up{"), where
    assert asked <= METRICS
    for name, selected in re.findall(r"\b((?:gateway|http)_[a-z_]+)\{([^}]*)\}", expression):
        base = re.sub(r"_(bucket|count|sum)$", "", name)
        labels = metrics.DURATION_LABELS if base == metrics.DURATION else LABELS[name]
        assert set(re.findall(r"(\w+)=", selected)) <= set(labels)


def test_every_metric_that_can_alarm_has_its_alarm_or_its_panel() -> None:
    asked = {name for _, expression in _expressions() for name in re.findall(r"\b(?:gateway|http)_[a-z_]+", expression)}
    watched = {re.sub(r"_(bucket|count|sum)$", "", name) for name in asked}
    assert {*metrics.COUNTERS, *metrics.GAUGES, metrics.DURATION} - watched == set()


def test_every_event_and_field_that_the_guide_names_is_in_the_catalogue() -> None:
    guide = (DEPLOY / "README.md").read_text()
    named = set(re.findall(r'"event\.action" ?== ?"([a-z_]+)"', guide))
    assert named
    assert named <= {*catalogue.EVENTS, "front_request"}
    fields = set(re.findall(r'\."((?:gateway|http|url|client|event)\.[a-z_.]+)"', guide))
    assert fields
    assert fields <= {*catalogue.REQUEST_FIELDS, *(field.name for field in catalogue.FIELDS.values())}


def test_the_guides_table_of_settings_is_whole() -> None:
    guide = (DEPLOY / "README.md").read_text()
    assert SETTINGS - set(re.findall(r"`(GATEWAY_[A-Z_]+)`", guide)) == set()


def _compose() -> dict[str, Any]:
    read = yaml.safe_load((DEPLOY / "container" / "compose.yaml").read_text())
    assert isinstance(read, dict)
    return read


def test_only_the_front_is_public_and_only_the_gateway_reaches_valkey() -> None:
    services = _compose()["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["front"]
    assert {name for name, service in services.items() if "cache" in service["networks"]} == {"gateway", "valkey"}
    assert "public" not in services["gateway"]["networks"]
    networks = _compose()["networks"]
    assert networks["between"]["internal"] is networks["cache"]["internal"] is True
    assert "GATEWAY_ADMIN_HOST" not in services["gateway"]["environment"]  # loopback of its own container


def test_the_gateway_in_compose_trusts_the_front_and_nobody_else() -> None:
    services = _compose()["services"]
    front = services["front"]["networks"]["between"]["ipv4_address"]
    assert services["gateway"]["environment"]["GATEWAY_TRUSTED_PROXIES"] == f"{front}/32"


def test_every_container_is_unprivileged_and_every_secret_and_mount_exists(tmp_path: Path) -> None:
    script = DEPLOY / "container" / "make-secrets.sh"
    subprocess.run(["sh", str(script), "news.example", str(tmp_path)], check=True, capture_output=True)
    compose = _compose()
    for name, service in compose["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert set(service["secrets"]) <= set(compose["secrets"]), name
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("./secrets/"):
                assert (tmp_path / source.removeprefix("./secrets/")).exists()
            elif source.startswith("."):
                assert (DEPLOY / "container" / source).resolve().exists(), source
    for secret in compose["secrets"].values():
        assert (tmp_path / secret["file"].removeprefix("./secrets/")).exists()


def test_secrets_are_made_once_each_of_its_own_and_kept_from_other_users(tmp_path: Path) -> None:
    script = DEPLOY / "container" / "make-secrets.sh"
    made = []
    for _ in range(2):
        subprocess.run(["sh", str(script), "news.example", str(tmp_path)], check=True, capture_output=True)
        made.append({path.name: path.read_bytes() for path in tmp_path.iterdir()})
    assert made[0] == made[1]
    assert len({made[0][name] for name in ("admin_token", "signing_key", "valkey_password")}) == 3
    assert tmp_path.stat().st_mode & 0o077 == 0
    assert made[0]["valkey_password"].strip() not in made[0]["users.acl"]


def test_the_container_file_names_paths_that_exist_and_no_registry() -> None:
    text = (DEPLOY / "container" / "Containerfile").read_text()
    for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        for source in line.split():
            assert (DEPLOY.parent / source).exists(), source
    assert all("." not in image.split("/")[0].split(":")[0] for image in re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert "USER 10001:10001" in text
    installs = re.findall(r"pip install (.*?)(?: \\)?$", text, re.MULTILINE)
    assert installs == [
        "--require-hashes --only-binary :all: --requirement deploy/lock/runtime.txt",
        "--require-hashes --only-binary :all: --requirement deploy/lock/bom.txt",
        "--no-deps --no-build-isolation --no-index .",
    ]


def test_ports_and_paths_are_the_codes_own() -> None:
    port, admin = (Settings.model_fields[name].default for name in ("port", "admin_port"))
    kubernetes = (DEPLOY / "kubernetes" / "gateway.yaml").read_text()
    assert f"containerPort: {port}" in kubernetes
    assert f"containerPort: {admin}" in kubernetes
    assert f"server 127.0.0.1:{port};" in (DEPLOY / "nginx" / "site.conf").read_text()
    unit = (DEPLOY / "systemd" / "gateway.service").read_text()
    assert f"SocketBindAllow=tcp:{port}" in unit
    assert f"SocketBindAllow=tcp:{admin}" in unit
    healthcheck = ast.parse((DEPLOY / "container" / "healthcheck.py").read_text())
    assert str(admin) in ast.dump(healthcheck)
    assert StateDirectory(Path("/var/lib/gateway")).valkey.is_relative_to("/var/lib/gateway")


def test_kubernetes_probes_ask_the_admin_port_and_no_service_offers_it() -> None:
    items = {
        item["kind"]: item for item in yaml.safe_load((DEPLOY / "kubernetes" / "gateway.yaml").read_text())["items"]
    }
    pod = items["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert {container[f"{kind}Probe"]["httpGet"]["port"] for kind in ("startup", "readiness", "liveness")} == {"admin"}
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"  # not readiness: restarting mends no policy
    assert [port["targetPort"] for port in items["Service"]["spec"]["ports"]] == ["public"]
    assert pod["enableServiceLinks"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed (Debian: prometheus)")
def test_promtool_accepts_the_alarms() -> None:
    file = DEPLOY / "prometheus" / "alerts.yaml"
    done = subprocess.run(["promtool", "check", "rules", str(file)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_that_is_named_exists() -> None:
    said = re.findall(r"(?:`|/bin/|gateway )gateway ((?:geo )?[a-z]+)", "\n".join(path.read_text() for path in TEXT))
    assert {"serve", "reload", "purge", "geo update"} <= set(said)
    root = typer.main.get_command(application)
    for words in {tuple(command.split()) for command in said}:
        command: Any = root
        for word in words:
            assert word in command.commands, words
            command = command.commands[word]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("name", ["gateway.service", "gateway-geo.service"])
def test_systemd_thinks_well_of_the_units(tmp_path: Path, name: str) -> None:
    unit = tmp_path / name
    unit.write_text((DEPLOY / "systemd" / name).read_text().replace("/opt/gateway/bin/gateway", "/bin/true"))
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], check=False, capture_output=True, text=True)
    assert name not in done.stderr, done.stderr
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", str(unit)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert judged.returncode == 0, judged.stdout[-200:]


def test_whoever_holds_the_gateway_in_leaves_room_for_a_worker_and_the_one_that_takes_its_place() -> None:
    limit = Settings.model_fields["worker_memory_bytes"].default
    unit = re.search(r"^MemoryMax=(\d+)G$", (DEPLOY / "systemd" / "gateway.service").read_text(), re.MULTILINE)
    pod = re.search(r"limits: \{memory: (\d+)Mi\}", (DEPLOY / "kubernetes" / "gateway.yaml").read_text())
    assert unit is not None
    assert pod is not None
    assert int(unit[1]) << 30 >= 2 * limit
    assert int(_compose()["services"]["gateway"]["mem_limit"].removesuffix("g")) << 30 >= 2 * limit
    assert int(pod[1]) << 20 > limit  # a pod has one worker, which nobody replaces
