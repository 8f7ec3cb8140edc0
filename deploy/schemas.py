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
from deploy.secret_names import is_secret
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
    validator = draft(schema)
    for name in part:
        schema = schema[name]
    # Evolved, not made anew: its references begin at the root.
    found = validator.evolve(schema=schema).iter_errors(instance)
    for violation in sorted(found, key=lambda error: list(map(str, error.path))):
        yield _problem(violation, where)


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
    if is_secret(found.absolute_path):  # the message would show it
        return f"is not what the schema wants ({found.validator}: {found.validator_value})"
    return found.message if len(found.message) < 200 else f"{found.message[:200]}…"
