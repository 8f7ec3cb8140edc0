"""What railway.json or railway.toml says, as `fit512.toml` says it: so every later run keeps it.

What is of the app itself goes into [deploy], for all hosts; what is of Railway alone into
[deploy.railway.build] and [deploy.railway.deploy], by Railway's own names.
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomlkit

from deploy.finding.command import hosted
from deploy.line import each
from deploy.manifest.server import Edit
from deploy.plan import Found, Plan
from deploy.railway.service import build_settings, deploy_settings
from deploy.repository import Repository
from deploy.schemas import violations
from deploy.settings import FILE
from deploy.settings_values import OF_THE_APP, PARTS, refusal
from deploy.workers import one_worker, workers

_UPPER = ("builder", "restartPolicyType")  # its documentation has them in lower case too
_NO_MORE = ("nixpacksConfigPath", "nixpacksPlan", "nixpacksVersion")
_PIP_ITSELF = {"pip", "setuptools", "wheel", "."}


@dataclass
class Carried:
    """`app` and `railway` are for fit512.toml; `said` is what is in neither, and why."""

    app: dict[str, str] = field(default_factory=dict)
    railway: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


def carried(plan: Plan, settings: Mapping[str, Any]) -> Carried:
    """What a file says otherwise than the program made of `plan` does."""
    found = Carried()
    for part in sorted(settings.keys() - {"$schema", *PARTS}):
        names = settings[part] if isinstance(settings[part], Mapping) else {}
        places = [f"{part}.{name}" for name in sorted(names)] or [part]
        found.said += [f"{place} has to be put over by hand" for place in places]
    for part in PARTS:
        values = settings.get(part) or {}
        for key, value in values.items():
            if value is not None:
                _put(found, plan, part, key, _as_schema(key, value))
    found.said += _costly(plan, settings)
    return found


def _as_schema(key: str, value: Any) -> Any:
    return value.upper() if key in _UPPER and isinstance(value, str) else value


def _costly(plan: Plan, settings: Mapping[str, Any]) -> Iterator[str]:
    """What is carried, and takes more memory than the app may bear."""
    deploy = settings.get("deploy") or {}
    said = workers(str(deploy.get("startCommand") or ""), plan.environment.value)
    if said:
        yield f"the start command has {said} workers, each with a model of its own, and 1 in the program"


def _put(found: Carried, plan: Plan, part: str, key: str, value: Any) -> None:
    ours = (build_settings if part == "build" else deploy_settings)(plan)
    place = f"{part}.{key}"
    wrong = next(violations("railway", {key: value}, "", ["properties", part]), None)
    if key == "registryCredentials":
        found.said.append(f"{place} is a secret, and stays on Railway: set it in the dashboard")
    elif key in _NO_MORE or (key == "builder" and value not in ("DOCKERFILE", ours[key])):
        builder = ours["builder"]
        found.said.append(f"{place} is left out: the program builds with {builder}")
    elif wrong:
        found.said.append(f"{place} has to be put over by hand: {wrong.message}")
    elif key in OF_THE_APP:
        _put_app(found, plan, key, value)
    elif ours.get(key) != value:
        found.railway.setdefault(part, {})[key] = value


def _put_app(found: Carried, plan: Plan, key: str, value: Any) -> None:
    name = OF_THE_APP[key]
    command = value
    if key == "buildCommand":
        command = _without_installation(plan, value)
    elif key == "startCommand":
        plain = _unwrapped(value)
        command = hosted(plain)
        if command != each(plain, one_worker):
            found.said.append(
                f"deploy.startCommand becomes `{command}`, so that Railway reaches it"
            )
    planned = getattr(plan, name)
    # What the plan has from the old file itself goes with that file.
    if not command or (planned.value == command and not planned.source.startswith("railway.")):
        return
    if name == "health" and not plan.web:
        found.said.append("deploy.healthcheckPath is left out: nothing listens on a port")
    elif wrong := refusal(name, command, Path()):
        found.said.append(f"{name} has to be put over by hand: {wrong}")
    else:
        found.app[name] = command


def _unwrapped(command: str) -> str:
    """What a shell is given, where that is all: the program starts one where it has to."""
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    wraps = len(words) == 3 and words[1] in ("-c", "-lc")
    if not wraps or words[0].rpartition("/")[2] not in ("sh", "bash"):
        return command
    return words[2].removeprefix("exec ").strip()


def _without_installation(plan: Plan, command: str) -> str:
    """What is behind the installation, which the program says itself."""
    steps = command.split("&&")
    while steps and _installs(plan, steps[0]):
        del steps[0]
    return "&&".join(steps).strip()


def _installs(plan: Plan, step: str) -> bool:
    """Whether it installs the plan's manifest, or pip itself: any other package is no one else's."""
    try:
        words = shlex.split(step)
    except ValueError:
        return False
    if words[:2] in (["python", "-m"], ["python3", "-m"]):
        del words[:2]
    if words[:2] not in (["pip", "install"], ["pip3", "install"]):
        return False
    known = {*_PIP_ITSELF, (plan.manifest.value or "").rpartition("/")[2]}
    return all(word.startswith("-") or word in known for word in words[2:])


def settings_edit(
    repository: Repository, plan: Plan, name: str, found: Carried
) -> tuple[Plan, Edit | None]:
    """The plan with what is carried, and fit512.toml that says so; None where it does already.

    A value that fit512.toml has already is kept, which `found.said` then tells.
    """
    before = repository.data(FILE) or b""
    document = tomlkit.parse(before.decode("utf-8"))
    deploy = document.setdefault("deploy", tomlkit.table())
    wanted: dict[str, Any] = {**found.app, **({"railway": found.railway} if found.railway else {})}
    added = list(_add(deploy, wanted, "", found.said))
    text = tomlkit.dumps(document)
    said = tomllib.loads(text)["deploy"]
    changes = {
        key: Found(said[key], f"{name}, now in {FILE}")
        for key in wanted
        if any(place.partition(".")[0] == key for place in added)
    }
    plan = replace(plan, **changes)
    if not added:
        return plan, None
    return plan, Edit(FILE, before, text.encode(), f"writes {', '.join(added)} into {FILE}")


def _add(table: Any, wanted: Mapping[str, Any], place: str, kept: list[str]) -> Iterator[str]:
    """Places of what was not there yet."""
    for key, value in wanted.items():
        here = f"{place}{key}"
        nested = here == "railway" or here in {f"railway.{part}" for part in PARTS}
        if nested:
            inner = table.setdefault(key, tomlkit.table(is_super_table=here == "railway"))
            yield from _add(inner, value, f"{here}.", kept)
        elif key not in table:
            table[key] = value
            yield here
        elif tomlkit.item(table[key]).unwrap() != value:
            kept.append(f"{here} is {value!r} there, and stays as {FILE} says it")
