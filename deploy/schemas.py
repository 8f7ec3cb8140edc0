"""The platforms' own schemas, vendored beside the module that uses each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from deploy.problem import Problem, error
from vectorstore.commandline import CommandError

_HERE = Path(__file__).parent
CHECK = "schema"


@cache
def load_schema(platform: str) -> Mapping[str, Any]:
    """The schema of a platform. Raises CommandError when it is not the one that was reviewed."""
    content = (_HERE / platform / "schema.json").read_bytes()
    source = json.loads((_HERE / platform / "schema.source.json").read_text("utf-8"))
    found = hashlib.sha256(content).hexdigest()
    if found != source["sha256"]:
        raise CommandError(
            f"deploy/{platform}/schema.json has sha256 {found}, and schema.source.json names"
            f" {source['sha256']}. Fetch it again from {source['url']}."
        )
    schema: Mapping[str, Any] = json.loads(content)
    return schema


def violations(
    platform: str, instance: Any, where: str, part: Sequence[str] = ()
) -> Iterator[Problem]:
    """What the schema of a platform says against `instance`; `part` is the place of a sub-schema.

    The sub-schema is chosen by the caller: an `anyOf` over all kinds of service says only that
    none fits.
    """
    schema: Any = load_schema(platform)
    draft = Draft202012Validator if "2020-12" in schema["$schema"] else Draft7Validator
    if part:
        schema = _alone(schema, part)
    for found in sorted(draft(schema).iter_errors(instance), key=lambda e: list(map(str, e.path))):
        yield _problem(found, where)


def _alone(schema: Mapping[str, Any], part: Sequence[str]) -> dict[str, Any]:
    """The sub-schema with the definitions that it refers to, and none of the root's own rules."""
    target: Any = schema
    for name in part:
        target = target[name]
    shared = {key: schema[key] for key in ("definitions", "$defs") if key in schema}
    return {"$schema": schema["$schema"], **shared, **target}


def _problem(found: ValidationError, where: str) -> Problem:
    """The innermost error: `anyOf` itself says only that nothing fits."""
    inner = best_match([found]) if found.context else found
    place = inner.json_path.removeprefix("$")
    beginning = "" if where.endswith("]") or "::" in where else "::$"
    return error(CHECK, f"{where}{beginning}{place}", _said(inner))


def _said(found: ValidationError) -> str:
    if found.validator == "enum" and isinstance(found.validator_value, list):
        choices = ", ".join(map(str, found.validator_value))
        return f"{found.instance!r} is none of {choices}"
    return found.message if len(found.message) < 200 else f"{found.message[:200]}…"
