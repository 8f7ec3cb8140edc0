"""Heroku runs `manage.py collectstatic` in each build, and a build without STATIC_ROOT fails there.

https://github.com/heroku/heroku-buildpack-python/blob/main/bin/steps/collectstatic
"""

from __future__ import annotations

from collections.abc import Iterator

from deploy.finding.django import settings_file
from deploy.preflight.context import Context
from deploy.problem import Problem, error

APP = "django.contrib.staticfiles"
OFF = "DISABLE_COLLECTSTATIC"
DEEPEST = 3  # folders in which the buildpack looks for manage.py


def check(context: Context) -> Iterator[Problem]:
    repository, environment = context.repository, context.plan.environment.value
    run = any(p.name == "manage.py" and len(p.parts) <= DEEPEST for p in repository.committed)
    if context.platform != "heroku" or not run or OFF in environment:
        return
    found = settings_file(repository, environment)
    if found is None or APP not in found[1]:
        return
    # It may stand in a module that the settings import.
    python = (path for path in repository.served if path.suffix == ".py")
    if not any("STATIC_ROOT" in (repository.text(path) or "") for path in python):
        message = (
            "no STATIC_ROOT: Heroku's build runs `manage.py collectstatic`, and fails. Set it, or"
        )
        advice = f'{OFF} = "1" below [deploy.environment] in fit512.toml'
        yield error("collectstatic", str(found[0]), f"{message} write {advice}")
