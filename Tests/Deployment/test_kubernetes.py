"""The manifests, against the schemas of Kubernetes."""

import kubernetes_validate
import pytest
import yaml

from places import ROOT, variables

FOLDER = ROOT / "deploy" / "kubernetes"
VERSION = "1.31"
FILES = sorted(path.name for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")


def documents(name):
    return [item for item in yaml.safe_load_all((FOLDER / name).read_text()) if item]


def workloads():
    return [item for name in FILES for item in documents(name) if item["kind"] in ("Deployment", "Job")]


def containers(workload):
    spec = workload["spec"]["template"]["spec"]
    return spec["containers"] + spec.get("initContainers", [])


@pytest.mark.parametrize("name", FILES)
def test_it_fits_the_schema(name):
    for item in documents(name):
        kubernetes_validate.validate(item, VERSION, strict=True)


def test_a_misspelt_field_does_not_fit():
    item = documents("worker.yaml")[0]
    item["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(item, VERSION, strict=True)


def test_kustomization_names_every_manifest_but_the_example():
    listed = set(yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"])
    assert listed == set(FILES) - {"secret.example.yaml"}


def test_containers_have_bounds_and_no_rights():
    for workload in workloads():
        pod = workload["spec"]["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"] is True
        for container in containers(workload):
            assert container["resources"]["requests"] and container["resources"]["limits"]["memory"], container["name"]
            assert container["securityContext"]["readOnlyRootFilesystem"] is True, container["name"]
            assert container["securityContext"]["capabilities"]["drop"] == ["ALL"], container["name"]


def test_what_serves_is_probed():
    for workload in workloads():
        if workload["kind"] == "Deployment":
            assert all("livenessProbe" in container for container in workload["spec"]["template"]["spec"]["containers"])
    nginx = documents("api.yaml")[0]["spec"]["template"]["spec"]["containers"][0]
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(nginx)


def test_what_is_referred_to_is_there():
    made = {(item["kind"], item["metadata"]["name"]) for name in FILES for item in documents(name)}
    for workload in workloads():
        pod = workload["spec"]["template"]["spec"]
        volumes = {volume["name"] for volume in pod.get("volumes", [])}
        for volume in pod.get("volumes", []):
            if "secret" in volume:
                assert ("Secret", volume["secret"]["secretName"]) in made
        for container in containers(workload):
            assert {mount["name"] for mount in container.get("volumeMounts", [])} <= volumes, container["name"]
            for source in container.get("envFrom", []):
                kind = "ConfigMap" if "configMapRef" in source else "Secret"
                assert (kind, next(iter(source.values()))["name"]) in made


def test_the_sidecar_gets_no_secret_of_the_databases():
    pod = documents("api.yaml")[0]["spec"]["template"]["spec"]
    sidecar = next(container for container in pod["containers"] if container["name"] == "sidecar")
    names = [next(iter(source.values()))["name"] for source in sidecar["envFrom"]]
    assert names == ["saas-documents-store", "saas-documents-store"]
    assert not any(mount["name"] == "grant-private" for mount in sidecar["volumeMounts"])


def test_every_variable_is_explained():
    known = set(variables(".env.example")) | {"WORKER_INDEX", "APP_SOCKET", "INTERNAL_SOCKET", "UPLOAD_SOCKET",
                                              "INTERNAL_SOCKET_DIR", "SPOOL_DIR", "UPLOAD_GRANT_PRIVATE_KEY_FILE",
                                              "UPLOAD_GRANT_PUBLIC_KEY_FILE", "METRICS_DIR"}
    for name in ["configmap.yaml", "secret.example.yaml"]:
        for item in documents(name):
            values = item.get("data", item.get("stringData"))
            assert {key for key in values if key != "grant.pem"} <= known
    for workload in workloads():
        for container in containers(workload):
            assert {entry["name"] for entry in container.get("env", [])} <= known
