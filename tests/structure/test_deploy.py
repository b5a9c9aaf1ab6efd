"""What the files in deploy/ name exists: settings, commands, doors, folders. A daemon or a cluster is not needed to know that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import settings
from bot.cli import serve_app
from bot.serve.outbox import BEAT

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CHART = DEPLOY / "helm" / "handrail"
FILES = sorted(p for p in DEPLOY.rglob("*") if p.is_file())
OF_THE_FILES_THEMSELVES = {"HANDRAIL_IMAGE", "HANDRAIL_PUBLIC_HOST", "HANDRAIL_STAFF_HOST", "HANDRAIL_STAFF_ADDRESS"}
"""Read by compose and Caddy, not by Handrail: compose gives them to no process of ours."""

PROCESSES = {command.name for command in serve_app.registered_commands}


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yml").read_text(encoding="utf-8")))


def values() -> dict[str, Any]:
    return dict(yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.name)
def test_every_setting_that_is_named_exists(file: Path) -> None:
    named = set(re.findall(r"HANDRAIL_[A-Z_]+[A-Z]", file.read_text(encoding="utf-8")))
    assert named <= set(settings.DESCRIPTIONS) | OF_THE_FILES_THEMSELVES


def test_no_process_of_ours_gets_a_setting_that_it_would_refuse() -> None:
    for name in PROCESSES & set(compose()["services"]):
        given = compose()["services"][name].get("environment", {})
        assert set(given) <= set(settings.DESCRIPTIONS), name


def test_every_process_that_is_started_is_a_command() -> None:
    started = {tuple(s["command"]) for s in compose()["services"].values() if s.get("command", [""])[0] == "serve"}
    assert started == {("serve", part) for part in ("engine", "gateway", "outbox")}
    assert {part for _, part in started} <= PROCESSES
    parts = re.findall(
        r'"part" "(\w+)" \}\}',
        "".join((CHART / "templates" / f"{p}.yaml").read_text() for p in ("engine", "gateway", "outbox")),
    )
    assert set(parts) <= PROCESSES


def test_the_settings_of_each_process_are_taken(tmp_path: Path) -> None:
    """What compose and the chart set is read by the same code that reads it in the container."""
    real = dict(
        line.split("=", 1)
        for line in (DEPLOY / "handrail.env.example").read_text().splitlines()
        if re.match(r"HANDRAIL_", line)
    )
    real |= {"HANDRAIL_SECRET_KEY": "k9d8f7g6h5j4k3l2m1n0b9v8c7x6z5a4", "HANDRAIL_TWILIO_ACCOUNT_SID": "AC1"}
    real |= {
        "HANDRAIL_TWILIO_AUTH_TOKEN": "7f3a9c1e5b8d2046a1c3e5f708192b3d",
        "HANDRAIL_TWILIO_FROM": "+15005550006",
        "HANDRAIL_VAR": str(tmp_path),
    }
    chart = (CHART / "templates" / "settings.yaml").read_text().replace('{{ include "handrail.name" . }}', "prod")
    charted = dict(re.findall(r"^  (HANDRAIL_\w+): (\S+)$", chart, flags=re.M)) | {
        k: v for k, v in values()["settings"].items() if v
    }
    assert settings.load({**real, **charted}).engine_urls == ("http://prod-engine:8082",)
    for name in ("engine", "gateway", "outbox"):
        found = settings.load({**real, **compose()["services"][name].get("environment", {})})
        assert found.engine_is_private == (name == "engine") and not found.demo


def test_a_release_of_any_name_starts() -> None:
    """Kubernetes would give each pod HANDRAIL_PUBLIC_SERVICE_HOST and more, after the names of our Services."""
    with pytest.raises(settings.SettingsError, match="is not a setting"):
        settings.load({"HANDRAIL_PUBLIC_SERVICE_HOST": "10.96.0.7"})
    pod = (CHART / "templates" / "_names.tpl").read_text().partition('define "handrail.pod"')[2].partition("{{- end }}")[0]
    assert "\nenableServiceLinks: false\n" in pod
    for part in ("engine", "gateway", "outbox"):
        assert 'include "handrail.pod"' in (CHART / "templates" / f"{part}.yaml").read_text()


def test_the_balancer_is_believed_about_who_calls() -> None:
    """Else everybody behind it is one caller, and one guesser shuts the whole staff out."""
    front = compose()["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert compose()["services"]["gateway"]["environment"]["HANDRAIL_PROXIES"] == front
    assert "front" in compose()["services"]["balancer"]["networks"]
    assert values()["settings"]["HANDRAIL_PROXIES"]


def test_texts_that_wait_on_disk_outlive_their_container() -> None:
    name, _, folder = compose()["services"]["gateway"]["volumes"][0].partition(":")
    assert name in compose()["volumes"] and folder == "/var/lib/handrail"
    assert "volumeClaimTemplates" in (CHART / "templates" / "gateway.yaml").read_text()


def test_every_probe_asks_a_door_that_exists() -> None:
    doors = {"engine": {"/ready", "/healthz"}, "gateway": {"/healthz", "/readyz"}}
    server = (ROOT / "bot" / "rasa_ext" / "server.py").read_text() + (ROOT / "bot" / "web" / "health.py").read_text()
    for part, known in doors.items():
        asked = set(re.findall(r"httpGet: \{path: (/\w+)", (CHART / "templates" / f"{part}.yaml").read_text()))
        asked |= set(re.findall(r"127\.0\.0\.1:\d+(/\w+)", str(compose()["services"][part]["healthcheck"])))
        assert asked and asked <= known and all(f'"{door}"' in server for door in asked)
    outbox = (CHART / "templates" / "outbox.yaml").read_text()
    assert "readinessProbe" in outbox and "livenessProbe" in outbox, (
        "a new version that never begins must not replace the old one"
    )
    for text in (str(compose()["services"]["outbox"]["healthcheck"]), (CHART / "templates" / "outbox.yaml").read_text()):
        assert f"/var/lib/handrail/{BEAT}" in text


def test_every_gateway_is_scraped_where_its_metrics_are() -> None:
    """Behind the balancer a scrape would meet one gateway, and each time another."""
    notes = (CHART / "templates" / "gateway.yaml").read_text()
    assert 'prometheus.io/port: "8081"' in notes and "prometheus.io/path: /metrics" in notes
    assert "name: staff, containerPort: 8081" in notes, "the public door tells nobody"
    job = yaml.safe_load((DEPLOY / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"][0]
    names = job["dns_sd_configs"][0]
    assert job["metrics_path"] == "/metrics" and names["names"] == ["gateway"] and names["port"] == 8081
    assert "front" in compose()["services"]["gateway"]["networks"]


def test_a_balancer_never_asks_for_more_than_a_gateway_can_promise() -> None:
    """Were readiness the whole way, a database that restarts would take all gateways away, and texts would meet nobody."""
    gateway = (CHART / "templates" / "gateway.yaml").read_text()
    assert "path: /readyz" not in gateway and "/readyz" not in str(compose()["services"]["gateway"])


def test_engines_and_database_have_no_door_to_the_outside() -> None:
    services = compose()["services"]
    assert compose()["networks"]["private"] == {"internal": True}
    for name in ("engine", "postgres"):
        assert services[name]["networks"] == ["private"] and "ports" not in services[name]
    assert "ports" not in services["gateway"], "only the balancer is reached from outside"


def test_the_image_holds_everything_that_training_and_serving_read() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), flags=re.M)
    names = {name for line in copied for name in line.split()}
    assert all((ROOT / name).exists() for name in names)
    assert {"bot", "actions", "domain", "data", "content", "config.yml", "requirements"} <= names
    let_in = {
        line.removeprefix("!") for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")
    }
    assert let_in == names, "what is copied is let in, and nothing else is"


def test_no_secret_stands_in_these_files() -> None:
    for file in FILES:
        for name, value in re.findall(
            r"(\w*(?:SECRET_KEY|TOKEN|PASSWORD))[ \t]*[:=][ \t]*(\S*)", file.read_text(encoding="utf-8")
        ):
            assert value.startswith(("$", "{", "PASSWORD")) or value == "", (file.name, name)
