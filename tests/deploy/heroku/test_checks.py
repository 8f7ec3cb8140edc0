from __future__ import annotations

import pytest

from deploy.heroku.checks import check_app_json, check_layout
from tests.deploy.helpers import a_plan


@pytest.mark.parametrize(
    ("lock", "checks"),
    [
        pytest.param(None, ["manifest"], id="the manifest of a folder"),
        pytest.param("backend/requirements.lock", [], id="its lock, which a hook puts in the root"),
    ],
)
def test_heroku_installs_from_the_root(lock, checks):
    plan = a_plan(folder="backend", manifest="backend/requirements.txt", lock=lock)
    texts = {"Procfile": "web: uvicorn main:app"}
    assert [problem.check for problem in check_layout(plan, texts)] == checks


@pytest.mark.parametrize(
    ("variable", "wheres"),
    [
        pytest.param('"1"', [], id="a text"),
        pytest.param('{"value": "1"}', [], id="an object"),
        pytest.param('"4"', ["app.json::$.env.WEB_CONCURRENCY"], id="a text that is wrong"),
        pytest.param("1", ["app.json::$.env.WEB_CONCURRENCY"], id="a number"),
    ],
)
def test_a_variable_may_be_a_text(variable, wheres):
    text = f'{{"env": {{"WEB_CONCURRENCY": {variable}}}}}'
    assert [problem.where for problem in check_app_json(text)] == wheres


@pytest.mark.parametrize(("stack", "known"), [("heroku-24", 1), ("heroku-26", 1), ("heroku-9", 0)])
def test_the_stacks_of_today_are_known(stack, known):
    problems = list(check_app_json(f'{{"stack": "{stack}"}}'))
    assert [problem.where for problem in problems] == ["app.json::$.stack"] * (not known)
