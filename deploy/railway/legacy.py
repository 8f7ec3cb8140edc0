"""railway.json and railway.toml: read, to be converted, and written for those who still ask.

https://docs.railway.com/config-as-code
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.plan import Plan
from deploy.problem import Problem, warning
from deploy.railway.service import build_settings, deploy_settings
from deploy.repository import Repository
from deploy.schemas import violations
from deploy.settings_values import PARTS
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
            settings = json.loads(text) if name.endswith(".json") else tomllib.loads(text)
        except ValueError as error:
            raise CommandError(f"{repository.root / name}: {error}. Mend it first.") from error
        parts = [settings.get(part) or {} for part in PARTS] if isinstance(settings, dict) else [()]
        if not all(isinstance(part, Mapping) for part in parts):
            wants = "a table of build and deploy, which are tables"
            raise CommandError(f"{repository.root / name} is not {wants}. Mend it first.")
        return name, settings
    return None


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
