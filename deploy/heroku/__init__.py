"""Heroku: Procfile, app.json, .python-version, .slugignore, and hooks of the build where needed.

https://devcenter.heroku.com/articles/app-json-schema
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from deploy.generated import GeneratedFile
from deploy.heroku.app_json import app_json, procfile
from deploy.heroku.checks import check_app_json, check_layout
from deploy.heroku.hooks import post_compile, pre_compile
from deploy.heroku.sizes import memory_mib
from deploy.heroku.slug import FILE as SLUGIGNORE
from deploy.heroku.slug import IGNORED
from deploy.heroku.steps import steps
from deploy.heroku.theirs import with_theirs
from deploy.plan import Plan
from deploy.problem import Problem

__all__ = ["SUMMARY", "files", "limit_mib", "problems", "steps"]
SUMMARY = "Procfile and app.json for Heroku"


def limit_mib(plan: Plan) -> float:
    return memory_mib(plan.heroku_size.value, plan.heroku_size.source)


def files(plan: Plan) -> list[GeneratedFile]:
    version = GeneratedFile(".python-version", f"{plan.python.value}\n", "lines")
    hooks = {"bin/pre_compile": pre_compile(plan), "bin/post_compile": post_compile(plan)}
    ours = [
        GeneratedFile("Procfile", procfile(plan), "procfile"),
        GeneratedFile("app.json", app_json(plan), "json", adapt=partial(with_theirs, plan)),
        version,
        GeneratedFile(SLUGIGNORE, "\n".join(IGNORED) + "\n", "lines"),
    ]
    return ours + [
        GeneratedFile(path, text, "text", executable=True) for path, text in hooks.items() if text
    ]


def problems(plan: Plan, texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from check_app_json(texts["app.json"])
    yield from check_layout(plan, texts)
