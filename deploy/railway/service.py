"""The settings of a service on Railway; the keys are the same in both ways to write them."""

from __future__ import annotations

from typing import Any

from deploy.plan import Plan
from deploy.quoting import quoted
from deploy.shell import build, for_docker, start

HEALTH_TIMEOUT_S = 120  # ours is up within seconds; a first start on a cold disk takes longer
DRAINING_S = 30
# https://github.com/railwayapp/railpack/blob/main/core/providers/python/python.go
INSTALLED = ("requirements.txt", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile")


def build_settings(plan: Plan) -> dict[str, Any]:
    """A Dockerfile in the root wins over whatever is said, so it is said."""
    found: dict[str, Any] = {**_built(plan), **plan.railway.value.get("build", {})}
    if found["builder"] == "DOCKERFILE":
        found.pop("buildCommand", None)
    return found


def _built(plan: Plan) -> dict[str, Any]:
    if plan.dockerfile.value:
        return {"builder": "DOCKERFILE", "dockerfilePath": "Dockerfile"}
    command = build(plan) if _installs(plan) else plan.build.value
    return {"builder": "RAILPACK", **({"buildCommand": command} if command else {})}


def _installs(plan: Plan) -> bool:
    """Whether the build command has to: Railpack takes these alone, and each by its own versions."""
    manifest = (plan.manifest.value or "").rpartition("/")[2]
    return plan.lock.value is not None or manifest not in INSTALLED


def start_command(plan: Plan) -> str:
    """An image is started without a shell, which puts in $PORT."""
    if build_settings(plan)["builder"] == "DOCKERFILE":
        return f"/bin/sh -c {quoted(for_docker(plan))}"
    return start(plan)


def deploy_settings(plan: Plan) -> dict[str, Any]:
    """Start command, health check and what happens at the end."""
    found: dict[str, Any] = {"startCommand": start_command(plan)}
    if plan.web and plan.health.value:
        found |= {"healthcheckPath": plan.health.value, "healthcheckTimeout": HEALTH_TIMEOUT_S}
    return found | {
        "numReplicas": plan.instances.value,
        "restartPolicyType": "ON_FAILURE",
        "restartPolicyMaxRetries": 10,
        "drainingSeconds": DRAINING_S,
        # Two copies at once are twice the memory, and on the free plan the money of both.
        "overlapSeconds": 0,
        **plan.railway.value.get("deploy", {}),
    }
