"""The texts of Procfile and app.json."""

from __future__ import annotations

import json
from typing import Any

from deploy.plan import Plan
from deploy.shell import from_root

STACK = "heroku-24"
ADDON = "heroku-redis:mini"


def process(*, web: bool) -> str:
    return "web" if web else "worker"


def procfile(plan: Plan) -> str:
    return f"{process(web=plan.web)}: {from_root(plan)}\n"


def app_json(plan: Plan) -> str:
    """Heroku reads it once, when the app is made."""
    size = plan.heroku_size.value
    document: dict[str, Any] = {
        "name": plan.name.value,
        "stack": STACK,
        "buildpacks": [{"url": "heroku/python"}],
        "env": {
            **{key: {"value": value} for key, value in plan.environment.value.items()},
            **{key: {"description": "A secret.", "required": False} for key in plan.secrets.value},
        },
        "formation": {process(web=plan.web): {"quantity": plan.instances.value, "size": size}},
    }
    if plan.redis.value:
        document["addons"] = [ADDON]
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
