"""Google Cloud Run: a Service beside the Dockerfile.

https://cloud.google.com/run/docs/configuring/memory-limits
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploy.docker import image_files
from deploy.docker.checks import check_dockerfile
from deploy.docker.dockerfile import port
from deploy.formats import yaml_file
from deploy.generated import GeneratedFile
from deploy.header import header
from deploy.plan import Plan
from deploy.problem import Problem, error
from deploy.quoting import quoted
from deploy.schemas import violations
from deploy.shell import environment
from deploy.tree import plain

SUMMARY = "service.yaml and Dockerfile for Cloud Run"
FILE = "service.yaml"
SET_BY_THE_HOST = {"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}


def limit_mib(plan: Plan) -> float:
    return plan.limit_mib.value


def files(plan: Plan) -> list[GeneratedFile]:
    return [*image_files(plan), GeneratedFile(FILE, service_yaml(plan), "yaml")]


def problems(plan: Plan, texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from check_dockerfile(texts["Dockerfile"])
    if not plan.web:
        yield error(
            "port", plan.port.source, "Cloud Run sends requests, and this app listens to none"
        )
    yield from check_service(texts[FILE])


def steps(plan: Plan, texts: Mapping[str, str]) -> Iterator[str]:
    """A revision fails where a secret that it names is not in Secret Manager."""
    yield f"write your REGION, PROJECT and REPOSITORY into {FILE}, and into the next command"
    yield f"gcloud builds submit --tag {_image(plan)}"
    if _secrets(plan):
        yield f"take the secrets out of {FILE} that the app does without; for each other:"
    yield from (f"gcloud secrets create {name} --data-file=-" for name in _secrets(plan))
    yield f"gcloud run services replace {FILE} --region REGION"


def check_service(text: str) -> Iterator[Problem]:
    document = plain(yaml_file.parse(text))
    yield from violations("cloudrun", document, FILE, ["$defs", "Service"])
    template = document.get("spec", {}).get("template", {}).get("spec", {})
    for index, container in enumerate(template.get("containers", [])):
        where = f"{FILE}::$.spec.template.spec.containers[{index}]"
        if "memory" not in container.get("resources", {}).get("limits", {}):
            yield error("memory", where, "says no memory limit")
        for variable in container.get("env") or []:
            if variable.get("name") in SET_BY_THE_HOST:
                yield error("reserved", where, f"{variable['name']} is set by Cloud Run itself")


def service_yaml(plan: Plan) -> str:
    return header("cloudrun", plan) + "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield 'apiVersion: "serving.knative.dev/v1"'
    yield 'kind: "Service"'
    yield "metadata:"
    yield f"  name: {quoted(plan.name.value)}"
    yield "spec:"
    yield "  template:"
    yield "    metadata:"
    yield "      annotations:"
    # A conversation lives in one process, so there is one, unless Redis holds them.
    yield f"        autoscaling.knative.dev/maxScale: {quoted(str(plan.instances.value))}"
    yield "    spec:"
    yield "      timeoutSeconds: 60"
    yield "      containers:"
    yield f"        - image: {quoted(_image(plan))}"
    yield f"          ports: [{{ containerPort: {port(plan)} }}]"
    yield "          resources:"
    yield "            limits:"
    yield '              cpu: "1"'
    yield f"              memory: {quoted(f'{plan.limit_mib.value:.0f}Mi')}"
    yield from _environment(plan)
    if plan.health.value:
        yield "          startupProbe:"
        yield f"            httpGet: {{ path: {quoted(plan.health.value)} }}"
        yield "            timeoutSeconds: 5"
        yield "            periodSeconds: 5"
        yield "            failureThreshold: 12"


def _environment(plan: Plan) -> Iterator[str]:
    if plan.secrets.value or plan.redis.value or environment(plan).keys() - SET_BY_THE_HOST:
        yield "          env:"
    for name, value in environment(plan).items():
        if name not in SET_BY_THE_HOST:
            yield f"            - name: {name}\n              value: {quoted(value)}"
    for name in _secrets(plan):
        yield f"            - name: {name}"
        yield "              valueFrom:"
        yield f'                secretKeyRef: {{ name: {quoted(name)}, key: "latest" }}'


def _image(plan: Plan) -> str:
    return f"REGION-docker.pkg.dev/PROJECT/REPOSITORY/{plan.name.value}"


def _secrets(plan: Plan) -> tuple[str, ...]:
    return (*plan.secrets.value, *(["REDIS_URL"] if plan.redis.value else []))
