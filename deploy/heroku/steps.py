"""The commands that make an app on Heroku, in order.

`heroku create` does not read app.json: the Heroku button, review apps and pipelines alone do.
https://devcenter.heroku.com/articles/app-json-schema
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from deploy.heroku.app_json import ADDON, STACK, process
from deploy.plan import Plan

SECRET = "…"


def steps(plan: Plan) -> Iterator[str]:
    """All that app.json says, as commands; a secret is a name to put the value behind."""
    yield f"heroku create --stack {STACK} --buildpack heroku/python"
    yield f"heroku config:set {' '.join(_variables(plan))}"
    if plan.redis.value:
        yield f"heroku addons:create {ADDON}"
    yield "git push heroku HEAD:main"
    # A push starts a web process alone, and on the default size.
    yield f"heroku ps:scale {process(plan)}={plan.instances.value}:{plan.heroku_size.value}"


def _variables(plan: Plan) -> Iterator[str]:
    for name, value in plan.environment.value.items():
        yield shlex.quote(f"{name}={value}")
    for name in plan.secrets.value:
        yield f"{name}={SECRET}"
