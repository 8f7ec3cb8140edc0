"""railway.json and railway.toml: read, to be converted, and written for those who still ask.

https://docs.railway.com/config-as-code
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.plan import Found, Plan
from deploy.problem import Problem
from deploy.railway.service import build_settings, deploy_settings
from deploy.repository import Repository
from deploy.schemas import violations
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
    from dataclasses import replace

    deploy, build = settings.get("deploy") or {}, settings.get("build") or {}
    changes: dict[str, Any] = {}
    if deploy.get("startCommand"):
        changes["command"] = Found(deploy["startCommand"], f"{name}: deploy.startCommand")
    if deploy.get("healthcheckPath"):
        changes["health"] = Found(deploy["healthcheckPath"], f"{name}: deploy.healthcheckPath")
    if build.get("buildCommand"):
        changes["build"] = Found(build["buildCommand"], f"{name}: build.buildCommand")
    return replace(plan, **changes)


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


def check_legacy(settings: Mapping[str, Any], name: str) -> Iterator[Problem]:
    return violations("railway", settings, name)


def _settings(plan: Plan) -> dict[str, Any]:
    return {"build": build_settings(plan), "deploy": deploy_settings(plan)}
