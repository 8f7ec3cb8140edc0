"""Evaluates .railway/railway.py without the network, and checks the graph that it makes.

The SDK drops keywords that it does not know, so that a typing error is silent; the names are
compared with its own, and `build` and `deploy` with the schema.
"""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.problem import Problem, error
from deploy.schemas import violations

FILE = ".railway/railway.py"
SERVICE_KEYWORDS = {
    "build", "cdn", "configFile", "deploy", "domains", "env", "groupId", "healthcheck",
    "healthcheckPath", "healthcheckTimeout", "networking", "preDeploy", "preDeployCommand",
    "regions", "replicas", "root", "rootDirectory", "run", "source", "start", "startCommand",
    "tcp", "tcpProxies", "tracing", "variables", "volumeMounts",
}  # fmt: skip
# In a process of its own: a program may do anything.
_EVALUATE = """
import json, sys
space = {"__name__": "railway"}
exec(compile(sys.stdin.read(), ".railway/railway.py", "exec"), space)
made = space["main"]()
print(json.dumps(made.to_graph()))
"""


def evaluate(text: str) -> dict[str, Any]:
    """The graph of a program. Raises ValueError with its last line of complaint."""
    command = [sys.executable, "-I", "-c", _EVALUATE]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired as late:
        raise ValueError("it had not ended after 60 s") from late
    if done.returncode:
        raise ValueError(done.stderr.strip().rpartition("\n")[2])
    graph: dict[str, Any] = json.loads(done.stdout)
    return graph


def check_program(text: str) -> Iterator[Problem]:
    try:
        graph = evaluate(text)
    except ValueError as wrong:
        yield error("program", FILE, f"cannot be evaluated: {wrong}")
        return
    yield from _unknown_keywords(text)
    for index, resource in enumerate(graph["resources"]):
        if resource.get("type") == "service":
            yield from _service(resource, f"{FILE}::$.resources[{index}]")


def _service(resource: Mapping[str, Any], where: str) -> Iterator[Problem]:
    for part in ("build", "deploy"):
        if part in resource:
            place = f"{where}.{part}"
            yield from violations("railway", resource[part], place, ["properties", part])
    settings = resource.get("deploy", {})
    if not settings.get("startCommand"):
        message = "without a start command Railpack runs main:app, whatever the file is called"
        yield error("start", f"{where}.deploy", message)
    for name, value in resource.get("variables", {}).items():
        if isinstance(value, Mapping) and isinstance(value.get("value"), (int, float)):
            yield error("quoting", f"{where}.variables.{name}", f"{value['value']} is no text")


def _unknown_keywords(text: str) -> Iterator[Problem]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "service":
            for keyword in node.keywords:
                if keyword.arg and keyword.arg not in SERVICE_KEYWORDS:
                    message = f"{keyword.arg!r} is nothing that a service has; the SDK ignores it"
                    yield error("keyword", f"{FILE}:{keyword.value.lineno}", message)
