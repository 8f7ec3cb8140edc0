"""Puts a plan together: what `fit512.toml` says wins over what is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from deploy.finding.apps import NOTHING, App, chosen, package_of, read_apps, reads_port
from deploy.finding.blueprint import chosen as chosen_service
from deploy.finding.blueprint import read_services
from deploy.finding.command import hosted
from deploy.finding.folders import find_models, find_stores
from deploy.finding.manifest import find_manifest
from deploy.finding.measured import Measured, read_profile
from deploy.finding.names import find_name, find_repository, find_secrets, slug
from deploy.finding.procfile import working
from deploy.finding.python_version import find_python
from deploy.heroku.theirs import read_size
from deploy.line import each
from deploy.manifest.asked import asked_in
from deploy.plan import PORT, Found, Plan
from deploy.render.plans import RENAMED
from deploy.repository import Repository
from deploy.settings import FILE, Said, read_settings
from tools.limits.units import parse_mib
from vectorstore.commandline import CommandError, Exit

GRADIO = "GRADIO_SERVER_NAME"
ALWAYS = {"PYTHONUNBUFFERED": "1", "WEB_CONCURRENCY": "1"}


def find_plan(repository: Repository) -> Plan:
    """Raises CommandError, with exit code 1 where no app is found and none is named."""
    said = read_settings(repository.root)
    apps, in_code = read_apps(repository)
    app = working(repository, chosen(apps, said.get("app")), alone="app" not in said)
    if app is None and "command" not in said:
        raise CommandError(_nothing(repository, said), Exit.NO)
    manifest = said.over("manifest", find_manifest(repository, (app or NOTHING)["manifest"]))
    found = _found(repository, app or NOTHING, in_code, manifest)
    if "app" not in said and (others := _others(apps, app)):
        found["app"] = replace(found["app"], source=f"{found['app'].source}{others}")
    values = {key: said.over(_KEYS.get(key, key), value) for key, value in found.items()}
    values["heroku_size"] = _heroku_size(repository, values, said)
    return Plan(**_on_render(repository, _checked(values, said), said))


def _on_render(
    repository: Repository, values: dict[str, Found[Any]], said: Said
) -> dict[str, Found[Any]]:
    """A service that runs already keeps its name: another one would be one more deployment."""
    name, size = values["name"], values["render_plan"]
    size = Found(RENAMED.get(size.value, size.value), size.source)
    services = read_services(repository, web=values["port"].value is not None)
    names = [said.get("name") or name.value, name.value]
    service = chosen_service(services, names, only="name" not in said)
    if service:
        name, size = service.name, size if "render_plan" in said else service.size
    if size.value == "free" and values["port"].value is None:
        size = Found("starter", f"{size.source}: free, which runs no worker")
    return {**values, "render_name": name, "render_plan": size}


def _heroku_size(repository: Repository, values: dict[str, Found[Any]], said: Said) -> Found[Any]:
    """A dyno that was chosen stays, unless the settings say otherwise."""
    there = read_size(repository, web=values["port"].value is not None)
    return there if there and "heroku_size" not in said else values["heroku_size"]


def _others(apps: list[App], app: App | None) -> str:
    """Where the services are that were not taken: nothing else tells that there was a choice."""
    places = [f"{a['path']}:{a['line']}" for a in apps if a != app and a["framework"] != "cli"]
    more = f" and {len(places) - 2} more" if len(places) > 2 else ""
    return f"; not {', '.join(places[:2])}{more}" if app and places else ""


_KEYS = {"limit_mib": "limit"}  # where the file has another name


def _found(
    repository: Repository, app: App, in_code: list[str], manifest: Found[str | None]
) -> dict[str, Found[Any]]:
    where = f"{app['path']}:{app['line']}" if app["path"] else app["launched_by"] or FILE
    measured = read_profile(repository.root)
    return {
        "name": find_name(repository),
        "framework": Found(app["framework"], where),
        "app": Found(app["object"], where),
        "made": Found(app["made"], where),
        **_started(repository, app),
        "build": Found(None, "none needed"),
        "keep": Found((), "all"),
        "dockerfile": Found((repository.root / "Dockerfile").is_file(), "the root"),
        "python": find_python(repository, app["folder"]),
        "manifest": manifest,
        "needs": Found(tuple(app["missing"]), f"the command and {manifest.value}"),
        "lock": Found(None, "none: not looked for"),
        "reads": Found((), "not looked for"),
        "local": Found(tuple(app["local"]), where if app["local"] else "none found"),
        "health": Found(app["health"], where if app["health"] else "none found"),
        "secrets": find_secrets(repository, in_code),
        "environment": _environment(measured),
        "models": find_models(repository),
        "stores": find_stores(repository),
        "profile": measured.profile,
        "peak_mib": measured.peak_mib,
        "redis": _redis(repository, manifest.value),
        "instances": Found(1, "default"),
        "repository": find_repository(repository),
        "render_plan": Found("free", "default"),
        "heroku_size": Found("basic", "default: the smallest that does not sleep"),
        "railway": Found({}, "nothing of its own"),
        "limit_mib": Found("512MiB", "default"),
    }


def _started(repository: Repository, app: App) -> dict[str, Found[Any]]:
    """Command, the folder that it runs in, and port."""
    package = package_of(repository, app)
    if package:
        inside = PurePosixPath(app["path"]).parent
        source = f"{inside}/__main__.py"
        command, folder, changed = f"python -m {package}", app["folder"], ""
        port = PORT if reads_port(repository, inside) else app["port"]
    else:
        command, folder = hosted(app["command"]), app["runs_in"]
        if GRADIO in app["local"] and GRADIO not in command:
            command = each(command, _on_every_address)
        source = app["launched_by"] or "proposed for the framework"
        changed = " (changed for the host)" if command != app["command"] else ""
        port = PORT if PORT in command else app["port"]
    return {
        "command": Found(command, source + changed),
        "folder": Found(folder, source),
        "port": Found(port, source),
    }


def _on_every_address(command: str) -> str:
    """Gradio's script, which has no option for it."""
    return f"env {GRADIO}=0.0.0.0 {command}" if command.startswith("python") else command


def _environment(measured: Measured) -> Found[dict[str, str]]:
    gained = f", malloc from {measured.profile.source}" if measured.malloc else ""
    return Found({**ALWAYS, **measured.malloc}, f"always{gained}")


def _redis(repository: Repository, manifest: str | None) -> Found[bool]:
    where = asked_in(repository, manifest, "redis")
    return Found(where is not None, f"{where}: redis" if where else "not in the manifest")


def _checked(values: dict[str, Found[Any]], said: Said) -> dict[str, Found[Any]]:
    limit, name, environment = (values[key] for key in ("limit_mib", "name", "environment"))
    values["limit_mib"] = Found(parse_mib(limit.value), limit.source)
    values["name"] = Found(slug(name.value), name.source)
    if "environment" in said:
        values["environment"] = Found({**ALWAYS, **environment.value}, environment.source)
    given = {*values["environment"].value, *(["REDIS_URL"] if values["redis"].value else [])}
    secrets = values["secrets"]
    asked = tuple(name for name in secrets.value if name not in given)
    values["secrets"] = Found(asked, secrets.source)
    if values["instances"].value > 1 and not values["redis"].value:
        raise CommandError(
            f"{values['instances'].source}: {values['instances'].value} instances, and nothing shares"
            " their conversations. Set redis = true (REDIS_URL), or instances = 1."
        )
    return values


def _nothing(repository: Repository, said: Said) -> str:
    named = (
        f"{FILE} names the app {said.get('app')!r}, which was not found"
        if "app" in said
        else "no app was found"
    )
    return (
        f'{repository.root}: {named}. Write `command = "…"` below [deploy] in {FILE} (for a bot also'
        " `port = false`), or name the app there; `python -m tools.migrate apps` shows what is seen."
    )
