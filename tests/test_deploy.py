"""What .deploy says is valid by the published schemas and fits together; the image holds what is served."""

import gzip
import json
import re
import shutil
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / ".deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
OBJECTS = {
    one["kind"]: one for one in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text(encoding="utf-8"))
}
HEALTH = "/_stcore/health"


def served(folder):
    """The tree that the image holds, made as the Dockerfile says."""
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    left_out = [line.removeprefix("**/") for line in lines if re.match(r"[\w*]+/", line)]

    def ignored(directory, names):
        below = Path(directory).relative_to(ROOT)
        return {
            name
            for name in names
            for one in left_out
            if fnmatch(str(below / name), one) or fnmatch(name, one)
        }

    folder.mkdir()
    for source, target in re.findall(r"^COPY ([\w./]+) ([\w./]+)$", DOCKERFILE, re.MULTILINE):
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / target, ignore=ignored)
        else:
            shutil.copy(ROOT / source, folder / target)
    return folder


def validator(name, **kind):
    """Of a schema in tests/schemas: Kubernetes', which takes no field that it does not know, or Compose's."""
    schema = json.loads(gzip.decompress((ROOT / "tests" / "schemas" / f"{name}.json.gz").read_bytes()))
    return Draft202012Validator(schema | kind)


def complaints(name, document, **kind):
    return [(list(one.path), one.message) for one in validator(name, **kind).iter_errors(document)]


@pytest.mark.parametrize("kind", OBJECTS)
def test_every_object_is_valid_by_kubernetes_own_schema(kind):
    assert complaints("kubernetes", OBJECTS[kind], **{"$ref": f"#/$defs/{kind}"}) == []


def test_the_compose_file_is_valid_by_its_schema():
    assert complaints("compose", COMPOSE) == []


def test_the_schemas_see_what_is_wrong():
    misspelled = json.loads(
        json.dumps(OBJECTS["Deployment"]).replace("readOnlyRootFilesystem", "readOnlyRoot")
    )
    (wrong,) = complaints("kubernetes", misspelled, **{"$ref": "#/$defs/Deployment"})
    assert "readOnlyRoot" in wrong[1]
    assert complaints("compose", COMPOSE | {"services": {"nginx": {"read_onyl": True}}})


def test_the_image_runs_as_nobody_who_owns_anything_and_says_whether_it_is_well():
    assert re.findall(r"^USER (.*)$", DOCKERFILE, re.MULTILINE) == ["10001:10001"]
    assert re.search(rf"^HEALTHCHECK [^\n]*\\\n.*{HEALTH}", DOCKERFILE, re.MULTILINE)
    assert "whl/cpu" in DOCKERFILE and "PYTHONDONTWRITEBYTECODE" in DOCKERFILE
    assert "RIVERBANK_HUB=off" in DOCKERFILE
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert requirements.count("\n# tests\n") == 1  # where the Dockerfile cuts them


def test_containers_may_write_nothing_but_tmp_and_gain_nothing():
    pod = OBJECTS["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001
    rights = container["securityContext"]
    assert rights["readOnlyRootFilesystem"] and not rights["allowPrivilegeEscalation"]
    assert [one["mountPath"] for one in container["volumeMounts"]] == ["/tmp"]
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    assert all(container[name]["httpGet"]["path"] == HEALTH for name in container if name.endswith("Probe"))
    for service in COMPOSE["services"].values():
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["mem_limit"]
        assert [one.partition(":")[0] for one in service["tmpfs"]] == ["/tmp"]


def test_nginx_finds_the_replicas_where_compose_puts_them():
    services = COMPOSE["services"]
    replicas = {name: one for name, one in services.items() if name.startswith("riverbank-")}
    addresses = {name: one["networks"]["inner"]["ipv4_address"] for name, one in replicas.items()}
    assert dict(one.split(":") for one in services["nginx"]["extra_hosts"]) == addresses
    settings = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    assert set(re.findall(r"server (riverbank-\d+):8501 ", settings)) == set(replicas)
    assert len(replicas) == 2 and services["nginx"]["ports"][0].endswith(":8080")
    assert "listen 8080;" in settings and COMPOSE["networks"]["inner"]["internal"]


def test_objects_of_kubernetes_find_each_other():
    pod = OBJECTS["Deployment"]["spec"]["template"]
    labels, (port,) = pod["metadata"]["labels"], pod["spec"]["containers"][0]["ports"]
    service = OBJECTS["Service"]["spec"]
    assert labels == service["selector"] == OBJECTS["Deployment"]["spec"]["selector"]["matchLabels"]
    assert labels == OBJECTS["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]
    assert labels == OBJECTS["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"]
    assert service["ports"][0]["targetPort"] == port["name"] and port["containerPort"] == 8501
    (rule,) = OBJECTS["Ingress"]["spec"]["rules"]
    (path,) = rule["http"]["paths"]
    assert path["backend"]["service"] == {"name": "riverbank", "port": {"name": service["ports"][0]["name"]}}
    assert OBJECTS["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == "riverbank"
    hosts = {one["name"]: one.get("value") for one in pod["spec"]["containers"][0]["env"]}
    assert hosts["STREAMLIT_SERVER_ALLOWED_HOSTS"] == rule["host"]


def test_what_the_image_holds_is_what_is_served(tmp_path):
    tree = served(tmp_path / "riverbank")
    assert not (tree / "model" / "train").exists() and not list(tree.rglob("__pycache__"))
    for folder in ("pages", "viz", "model/checkpoints", ".streamlit"):
        names = {
            path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts
        }
        assert names == {path.relative_to(tree) for path in (tree / folder).rglob("*")}
