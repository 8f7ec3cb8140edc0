"""railway.json and railway.toml: read, to be converted, and written for those who still ask.

https://docs.railway.com/config-as-code
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from deploy.line import each
from deploy.plan import Found, Plan
from deploy.problem import Problem, warning
from deploy.railway.service import build_settings, deploy_settings
from deploy.repository import Repository
from deploy.schemas import violations
from deploy.workers import one_worker, workers
from vectorstore.commandline import CommandError

FILES = ("railway.json", "railway.toml")
SCHEMA_URL = "https://railway.com/railway.schema.json"


def read_legacy(repository: Repository) -> tuple[str, dict[str, Any]] | None:
    """(file, settings) of the first that is there. Raises CommandError when it cannot be read."""
    for name in FILES:
        text = repository.text(name)
        if text is None:
            continue
        try:
            return name, json.loads(text) if name.endswith(".json") else tomllib.loads(text)
        except ValueError as error:
            raise CommandError(f"{repository.root / name}: {error}. Mend it first.") from error
    return None


def over(plan: Plan, name: str, settings: Mapping[str, Any]) -> Plan:
    """The plan with what an old file says about it; all else of the file is reported by `rest`."""
    deploy, build = settings.get("deploy") or {}, settings.get("build") or {}
    changes: dict[str, Any] = {}
    if deploy.get("startCommand"):
        start = each(deploy["startCommand"], one_worker)
        changes["command"] = Found(start, f"{name}: deploy.startCommand")
    if deploy.get("healthcheckPath"):
        changes["health"] = Found(deploy["healthcheckPath"], f"{name}: deploy.healthcheckPath")
    if build.get("buildCommand"):
        command = _INSTALLING.sub("", build["buildCommand"]) or None
        changes["build"] = Found(command, f"{name}: build.buildCommand")
    return replace(plan, **changes)


def other_values(plan: Plan, settings: Mapping[str, Any]) -> Iterator[str]:
    """What an old file sets otherwise than the program does: `deploy.numReplicas is 3 …`."""
    ours, theirs = deploy_settings(plan), settings.get("deploy") or {}
    for key in sorted(_OURS & theirs.keys()):
        if theirs[key] != ours.get(key):
            yield f"deploy.{key} is {theirs[key]!r}, and {ours.get(key)!r} in the program"
    said = workers(theirs.get("startCommand") or "", plan.environment.value)
    if said:
        yield f"the start command has {said} workers, each with a model of its own, and 1 in the program"


def rest(settings: Mapping[str, Any]) -> Iterator[str]:
    """Settings that the program does not take over, as `deploy.cronSchedule`."""
    taken = {
        "build": {"builder", "buildCommand"},
        "deploy": {*_OURS, "healthcheckPath", "startCommand"},
    }
    for part, values in settings.items():
        if part == "$schema":
            continue
        names = values if isinstance(values, Mapping) else {}
        unknown = sorted(set(names) - taken.get(part, set()))
        yield from (f"{part}.{name}" for name in unknown)


# Installation is said by the program itself.
_INSTALLING = re.compile(r"^\s*(?:python3? -m )?pip install [^&;|]*(?:&&\s*|$)")
_OURS = {
    "healthcheckTimeout", "numReplicas", "restartPolicyType", "restartPolicyMaxRetries",
    "drainingSeconds", "overlapSeconds",
}  # fmt: skip


def legacy_json(plan: Plan) -> str:
    document = {"$schema": SCHEMA_URL, **_settings(plan)}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def legacy_toml(plan: Plan) -> str:
    import tomlkit

    return tomlkit.dumps(_settings(plan))


def check_legacy(name: str, text: str) -> Iterator[Problem]:
    """By the schema, and that no new service reads it."""
    settings = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
    yield from violations("railway", settings, name)
    message = "is read by no new service, and by none at all after 2026-12-01"
    yield warning("legacy", name, message)


def _settings(plan: Plan) -> dict[str, Any]:
    return {"build": build_settings(plan), "deploy": deploy_settings(plan)}
