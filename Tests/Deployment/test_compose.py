"""docker-compose.yml and its override, as far as can be told without Docker: parsed by the compose-spec library, and
what the product asks of them."""

import re

import compose_spec
import pytest
import yaml

from places import ROOT, variables

FILES = ["docker-compose.yml", "docker-compose.production.yml"]
PROGRAMS = {"app-0", "app-1", "sidecar", "worker", "nginx"}
ONE_SHOT = {"setup", "s3-bucket"}
# Variables of compose itself and of other people's images.
FOREIGN = {"POSTGRES_PASSWORD", "S3_PORT", "TAG", "VAULT_TOKEN"}


def filled(node):
    """The same with variables filled in, as compose does after parsing."""
    if isinstance(node, dict):
        return {key: filled(value) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value) for value in node]
    if isinstance(node, str):
        node = re.sub(r"(?<!\$)\$\{\w+:-([^}]*)\}", r"\1", node)
        return re.sub(r"(?<!\$)\$\{(\w+)(:\?[^}]*)?\}", "value", node)
    return node


def loaded(name):
    """The file with its merges done and its variables filled in."""
    return filled(yaml.safe_load((ROOT / name).read_text()))


@pytest.fixture
def services():
    return loaded("docker-compose.yml")["services"]


@pytest.mark.parametrize("name", FILES)
def test_it_is_a_compose_file(name):
    parsed = compose_spec.PyCompose.from_yaml(yaml.safe_dump(loaded(name)))
    assert set(parsed.service_names()) == set(loaded(name)["services"])


def test_the_parser_refuses_what_is_none():
    broken = loaded("docker-compose.yml")
    broken["services"]["nginx"]["healthcheck"] = {"interval": "soon"}
    with pytest.raises(Exception):
        compose_spec.PyCompose.from_yaml(yaml.safe_dump(broken))


def test_everything_that_runs_is_started_again_and_watched(services):
    dockerfile = (ROOT / "docker" / "Dockerfile").read_text()
    for name, service in services.items():
        if name in ONE_SHOT:
            assert service["restart"].startswith("on-failure"), name
            continue
        assert service["restart"] == "unless-stopped", name
        if "build" in service:
            stage = dockerfile.split(f" AS {service['build']['target']}\n")[1].split("\nFROM ")[0]
            assert "HEALTHCHECK" in stage and "USER 10001" in stage, name
        else:
            assert service["healthcheck"]["test"], name


def test_programs_have_no_rights_to_spare(services):
    for name in PROGRAMS:
        service = services[name]
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name


def test_only_the_api_and_the_store_have_ports(services):
    assert {name for name, service in services.items() if "ports" in service} == {"nginx", "s3"}


def test_the_sidecar_knows_no_database_and_no_token_secret(services):
    known = set(services["sidecar"]["environment"])
    assert not known & {"DATABASE_URL", "TENANT_DATABASE_URL_TEMPLATE", "JWT_SECRET_KEY"}
    assert not any("private" in volume for volume in services["sidecar"]["volumes"])


def test_what_is_named_is_declared(services):
    whole = loaded("docker-compose.yml")
    for service in services.values():
        for volume in service.get("volumes", []):
            assert volume.split(":")[0] in whole["volumes"]
        for other in service.get("depends_on", {}):
            assert other in services
        for config in service.get("configs", []):
            assert config["source"] in whole["configs"]
    assert set(loaded("docker-compose.production.yml")["services"]) <= set(services)


def test_images_are_pinned(services):
    for name, service in services.items():
        assert not service["image"].endswith(":latest") or "build" in service or service["image"].startswith("saas-"), name


@pytest.mark.parametrize("name", FILES)
def test_every_variable_is_explained(name):
    used = set(re.findall(r"\$\{(\w+)", (ROOT / name).read_text()))
    assert used <= set(variables(".env.example")) | FOREIGN, used - set(variables(".env.example")) - FOREIGN
    required = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert required <= set(variables(".env.docker"))
