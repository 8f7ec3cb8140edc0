"""Files that a platform takes, and files that it refuses or takes with another meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from deploy.cloudrun import check_service
from deploy.docker.checks import check_compose, check_dockerfile
from deploy.fly import check_fly
from deploy.heroku.checks import check_app_json
from deploy.platforms import PLATFORMS
from deploy.problem import Problem
from deploy.railway.checks import check_program
from deploy.render.checks import check_blueprint

HERE = Path(__file__).parent / "examples"
CHECKS: dict[str, Callable[[str], Iterable[Problem]]] = {
    "cloudrun": check_service,
    "docker": check_compose,
    "fly": check_fly,
    "heroku": check_app_json,
    "railway": check_program,
    "render": check_blueprint,
}
# file -> (check, end of the place) of the first error
EXPECTED = {
    "cloudrun/misspelt_port.yaml": ("schema", "containers[0].ports[0]"),
    "cloudrun/no_memory.yaml": ("memory", "containers[0]"),
    "docker/Dockerfile.no_tag": ("DL3006", "Dockerfile:10"),
    "docker/Dockerfile.root": ("DL3002", "Dockerfile"),
    "docker/Dockerfile.shell_form": ("DL3025", "Dockerfile:21"),
    "docker/misspelt_limit.yaml": ("schema", "$.services.fit512"),
    "docker/swap.yaml": ("limit", "$.services.fit512"),
    "fly/no_memory.toml": ("memory", "$.vm"),
    "fly/unknown_choice.toml": ("schema", "$.http_service.auto_stop_machines"),
    "fly/unquoted_variable.toml": ("schema", "$.env.PYTHONUNBUFFERED"),
    "heroku/capital_size.json": ("schema", "$.formation.web.size"),
    "heroku/two_workers.json": ("workers", "$.env.WEB_CONCURRENCY"),
    "heroku/unknown_field.json": ("schema", "app.json::$"),
    "railway/cannot_run.py.txt": ("program", ".railway/railway.py"),
    "railway/misspelt_keyword.py.txt": ("keyword", ".railway/railway.py:6"),
    "railway/misspelt_setting.py.txt": ("schema", "$.resources[0].deploy"),
    "railway/no_start.py.txt": ("start", "$.resources[0].deploy"),
    "render/deprecated_env.yaml": ("schema", "$.services[0]"),
    "render/free_plan_twice.yaml": ("plan", "$.services[0].numInstances"),
    "render/no_allow_list.yaml": ("schema", "$.services[0]"),
    "render/no_such_service.yaml": ("reference", "$.services[0].envVars[REDIS_URL]"),
    "render/short_version.yaml": ("python", "$.services[0].envVars[PYTHON_VERSION]"),
    "render/truth_value.yaml": ("schema", "$.services[0].envVars[0].value"),
    "render/unknown_plan.yaml": ("schema", "$.services[0].plan"),
    "render/unquoted_version.yaml": ("quoting", "$.services[0].envVars[0].value"),
}
POSITIVE = sorted(HERE.glob("*/positive/*"))
NEGATIVE = sorted(HERE.glob("*/negative/*"))


def errors(file: Path) -> list[Problem]:
    check = CHECKS[file.parent.parent.name]
    if file.name.startswith("Dockerfile"):
        check = check_dockerfile
    return [problem for problem in check(file.read_text("utf-8")) if problem.severity == "error"]


def test_every_platform_has_both_and_every_negative_one_an_expectation():
    platforms = {file.parent.parent.name for file in POSITIVE}
    assert platforms == {file.parent.parent.name for file in NEGATIVE} == set(PLATFORMS)
    assert {f"{file.parent.parent.name}/{file.name}" for file in NEGATIVE} == set(EXPECTED)


@pytest.mark.parametrize(
    "file", POSITIVE, ids=lambda file: f"{file.parent.parent.name}/{file.name}"
)
def test_a_good_file_has_no_error(file):
    assert errors(file) == []


@pytest.mark.parametrize(
    "file", NEGATIVE, ids=lambda file: f"{file.parent.parent.name}/{file.name}"
)
def test_a_bad_file_is_refused_where_it_is_wrong(file):
    check, end = EXPECTED[f"{file.parent.parent.name}/{file.name}"]
    first = errors(file)[0]
    assert (first.check, first.where.endswith(end)) == (check, True), str(first)
