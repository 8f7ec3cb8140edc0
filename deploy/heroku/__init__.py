"""Heroku: Procfile, app.json, .python-version, .slugignore, and bin/post_compile where needed.

https://devcenter.heroku.com/articles/app-json-schema
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from deploy.generated import GeneratedFile
from deploy.heroku.app_json import app_json, procfile
from deploy.heroku.checks import check_app_json, check_layout
from deploy.heroku.post_compile import post_compile
from deploy.heroku.sizes import memory_mib
from deploy.plan import Plan
from deploy.problem import Problem

SUMMARY = "Procfile and app.json for Heroku"
IGNORED = ("/.fit512/", "/.github/", "*.ipynb", "/Dockerfile", "/compose.yaml")


def limit_mib(plan: Plan) -> float:
    return memory_mib(plan.heroku_size.value)


def files(plan: Plan) -> list[GeneratedFile]:
    version = GeneratedFile(".python-version", f"{plan.python.value}\n", "lines")
    hook = post_compile(plan)
    ours = [
        GeneratedFile("Procfile", procfile(plan), "procfile"),
        GeneratedFile("app.json", app_json(plan), "json"),
        version,
        GeneratedFile(".slugignore", "\n".join(IGNORED) + "\n", "lines"),
    ]
    return (
        [*ours, GeneratedFile("bin/post_compile", hook, "text", executable=True)] if hook else ours
    )


def problems(plan: Plan, texts: Mapping[str, str]) -> Iterator[Problem]:
    yield from check_app_json(texts["app.json"])
    yield from check_layout(plan, texts)
