"""Whether Heroku takes app.json and the layout of the repository."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.formats import procfile
from deploy.heroku.sizes import NEWER
from deploy.plan import Plan
from deploy.problem import Problem, error, warning
from deploy.schemas import violations

FILE = "app.json"
STACKS_SINCE = ("heroku-26",)  # newer than the schema
# runtime.txt may say the patch too; .python-version should not, so that fixes arrive.
SUPPORTED = ("3.10", "3.11", "3.12", "3.13", "3.14")


def check_app_json(text: str) -> Iterator[Problem]:
    try:
        document = json.loads(text)
    except ValueError as wrong:
        yield error("schema", FILE, f"is no JSON: {wrong}")
        return
    environment = document.get("env") if isinstance(document, Mapping) else None
    variables = _objects(environment) if isinstance(environment, Mapping) else {}
    checked = {**document, "env": variables} if variables else document
    if isinstance(document, Mapping) and document.get("stack") in STACKS_SINCE:
        checked = {key: value for key, value in checked.items() if key != "stack"}
    if isinstance(document, Mapping) and isinstance(document.get("formation"), Mapping):
        dynos = document["formation"].items()
        checked = {**checked, "formation": {name: _known(dyno) for name, dyno in dynos}}
    yield from violations("heroku", checked, FILE)
    for name, variable in variables.items():
        if not isinstance(variable, Mapping):
            continue
        if name == "WEB_CONCURRENCY" and variable.get("value") != "1":
            message = (
                "each worker holds the model; Heroku's own default of 2 is too many for 512 MB"
            )
            yield error("workers", f"{FILE}::$.env.{name}", message)


def _known(dyno: Any) -> Any:
    """Without a size that is newer than the schema."""
    newer = isinstance(dyno, Mapping) and dyno.get("size") in NEWER
    return {key: value for key, value in dyno.items() if key != "size"} if newer else dyno


def _objects(environment: Mapping[str, Any]) -> dict[str, Any]:
    """`NAME: "text"` as `NAME: {"value": "text"}`: Heroku takes both, and its schema only this one.

    https://devcenter.heroku.com/articles/app-json-schema#env
    """
    return {
        name: {"value": variable} if isinstance(variable, str) else variable
        for name, variable in environment.items()
    }


def check_layout(plan: Plan, texts: Mapping[str, str]) -> Iterator[Problem]:
    processes = procfile.parse(texts["Procfile"])
    if plan.web and "web" not in processes:
        yield error("procfile", "Procfile", "only a process called web gets requests")
    manifest = plan.manifest.value
    # bin/pre_compile puts a lock into the root, wherever it is.
    if plan.lock.value is None and (manifest is None or "/" in manifest):
        message = f"Heroku looks for it in the root alone, and it is {manifest}. Move it there"
        yield error("manifest", "the plan's manifest", message)
    if isinstance(plan.port.value, int):
        message = f"the code listens on {plan.port.value}; Heroku chooses $PORT itself"
        yield error("port", plan.port.source, message)
    version = ".".join(plan.python.value.split(".")[:2])
    if version not in SUPPORTED:
        message = f"Heroku has {', '.join(SUPPORTED)}, not {plan.python.value}"
        yield error("python", plan.python.source, message)
    if plan.python.value.count(".") == 2:
        yield warning("python", plan.python.source, "names a patch release, and so gets no fixes")
