"""A fly.toml that is there, with sections that do not go with ours."""

from __future__ import annotations

import tomllib

import pytest

from deploy.fly import check_fly, files
from deploy.generated import outcome_of
from tests.deploy.helpers import a_plan

SERVICES = "[[services]]\ninternal_port = 8000\nprotocol = 'tcp'\n"


def test_services_that_are_there_need_no_http_service():
    file = files(a_plan())[-1]
    result = outcome_of(file, SERVICES, None, force=True)
    document = tomllib.loads(result.after)
    assert "http_service" not in document
    assert document["services"] == [{"internal_port": 8000, "protocol": "tcp"}]
    again = outcome_of(file, result.after, result.written, force=False)
    assert (again.changed, again.conflicts) == (False, {})


def test_the_app_listens_where_the_services_that_are_there_ask():
    theirs = SERVICES.replace("8000", "8080") + "[env]\nPORT = '8080'\n"
    for before in (theirs, theirs.partition("[env]")[0]):
        result = outcome_of(files(a_plan())[-1], before, None, force=True)
        assert tomllib.loads(result.after)["env"]["PORT"] == "8080"
        again = outcome_of(files(a_plan())[-1], result.after, result.written, force=False)
        assert (again.changed, again.conflicts) == (False, {})


@pytest.mark.parametrize(
    ("text", "wheres"),
    [
        pytest.param("[build]\ndockerfile = 'Dockerfile'\n", [], id="a Dockerfile"),
        pytest.param("[build]\nimage = 'a'\n", [], id="an image"),
        pytest.param(
            "[build]\nimage = 'a'\ndockerfile = 'Dockerfile'\n", ["fly.toml::$.build"], id="both"
        ),
        pytest.param(
            "[build]\nbuilder = 'a'\ndockerfile = 'Dockerfile'\n",
            ["fly.toml::$.build"],
            id="a builder",
        ),
        pytest.param(
            f"[http_service]\ninternal_port = 8000\n{SERVICES}",
            ["fly.toml::$.services"],
            id="services twice",
        ),
    ],
)
def test_sections_that_say_one_thing_twice(text, wheres):
    machine = "[[vm]]\nmemory = '512mb'\n"
    assert [problem.where for problem in check_fly(text + machine)] == wheres
