"""The commands that make an app on Heroku, in order.

`heroku create` does not read app.json: the Heroku button, review apps and pipelines alone do.
https://devcenter.heroku.com/articles/app-json-schema
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.formats import procfile
from deploy.heroku.app_json import app_json
from deploy.plan import Plan
from deploy.secret_names import is_secret
from deploy.tree import mappings

SECRET = "…"
MADE = '"$(openssl rand -hex 32)"'  # as `"generator": "secret"` would


def steps(plan: Plan, texts: Mapping[str, str]) -> Iterator[str]:
    """All that app.json says, as commands; a secret is a name to put the value behind."""
    app = _read(texts["app.json"], plan)
    stack = f" --stack {shlex.quote(str(app['stack']))}" if app.get("stack") else ""
    urls = [shlex.quote(str(item.get("url"))) for item in mappings(app.get("buildpacks"))]
    yield f"heroku create{stack}{''.join(f' --buildpack {url}' for url in urls[:1])}"
    for url in urls[1:]:
        yield f"heroku buildpacks:add {url}"
    if environment := _object(app, "env"):
        yield f"heroku config:set {' '.join(_variables(environment))}"
    addons = app.get("addons")
    for addon in addons if isinstance(addons, list) else []:
        yield f"heroku addons:create {_addon(addon)}"
    yield "git push heroku HEAD:main"
    # A push starts a web process alone, and on the default size.
    dynos = _object(app, "formation") or json.loads(app_json(plan))["formation"]
    # A push would start what a Procfile calls web, also where nothing listens.
    ended = [] if plan.web or "web" not in procfile.parse(texts.get("Procfile", "")) else ["web=0"]
    yield f"heroku ps:scale {' '.join([*ended, *_dynos(dynos)])}"
    after = _object(app, "scripts").get("postdeploy")
    command = after.get("command") if isinstance(after, Mapping) else after
    if isinstance(command, str):
        yield f"heroku run {shlex.quote(command)}"


def _object(node: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """{} for what is of another kind, which the schema has told."""
    found = node.get(key)
    return found if isinstance(found, Mapping) else {}


def _read(text: str, plan: Plan) -> Mapping[str, Any]:
    """Ours where theirs is none, which was said before."""
    try:
        app = json.loads(text)
    except ValueError:
        app = None
    return app if isinstance(app, Mapping) else dict(json.loads(app_json(plan)))


def _variables(environment: Mapping[str, Any]) -> Iterator[str]:
    for name, variable in environment.items():
        given = variable if isinstance(variable, Mapping) else {"value": variable}
        if given.get("generator") == "secret":
            yield f"{name}={MADE}"
        elif given.get("value") is None or is_secret([name]):
            yield f"{name}={SECRET}"
        else:
            yield shlex.quote(f"{name}={given['value']}")


def _addon(addon: Any) -> str:
    if not isinstance(addon, Mapping):
        return shlex.quote(str(addon))
    named = f" --as {shlex.quote(str(addon['as']))}" if addon.get("as") else ""
    options = [
        f"--{key}={SECRET}" if is_secret([key]) else shlex.quote(f"--{key}={value}")
        for key, value in _object(addon, "options").items()
    ]
    behind = f" -- {' '.join(options)}" if options else ""
    return f"{shlex.quote(str(addon.get('plan')))}{named}{behind}"


def _dynos(formation: Mapping[str, Any]) -> Iterator[str]:
    for name in formation:
        dyno = _object(formation, name)
        size = f":{dyno['size']}" if dyno.get("size") else ""
        yield f"{name}={dyno.get('quantity', 1)}{size}"
