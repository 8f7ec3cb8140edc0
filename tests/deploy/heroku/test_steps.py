from __future__ import annotations

import json

import pytest

from deploy.heroku import files, steps
from tests.deploy.helpers import a_plan

CREATE = "heroku create --stack heroku-24 --buildpack heroku/python"
PUSH = "git push heroku HEAD:main"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param(
            {},
            [
                CREATE,
                "heroku config:set PYTHONUNBUFFERED=1 WEB_CONCURRENCY=1 OPENAI_API_KEY=…",
                PUSH,
                "heroku ps:scale web=1:basic",
            ],
            id="a service",
        ),
        pytest.param(
            {"port": None, "secrets": (), "heroku_size": "standard-2x"},
            [
                CREATE,
                "heroku config:set PYTHONUNBUFFERED=1 WEB_CONCURRENCY=1",
                PUSH,
                "heroku ps:scale worker=1:standard-2x",
            ],
            id="a bot is a worker",
        ),
        pytest.param(
            {"redis": True, "instances": 2, "environment": {"GREETING": "at your $5"}},
            [
                CREATE,
                "heroku config:set 'GREETING=at your $5' OPENAI_API_KEY=…",
                "heroku addons:create heroku-redis:mini",
                PUSH,
                "heroku ps:scale web=2:basic",
            ],
            id="Redis, two dynos, a value with signs of the shell",
        ),
    ],
)
def test_what_app_json_says_is_said_as_commands(values, expected):
    plan = a_plan(**values)
    texts = {file.path: file.text for file in files(plan)}
    assert list(steps(plan, texts)) == expected


THEIRS = {
    "stack": "heroku-26",
    "buildpacks": [{"url": "heroku/nodejs"}, {"url": "heroku/python"}],
    "env": {
        "LOG": "a b",
        "MADE_KEY": {"generator": "secret"},
        "API_KEY": {"value": "hunter2"},
        "ASKED": {"required": True},
    },
    "addons": [
        "heroku-postgresql:mini",
        {"plan": "heroku-redis:mini", "as": "S", "options": {"v": "7"}},
    ],
    "formation": {"web": {"quantity": 1, "size": "eco"}, "clock": {"quantity": 1}},
    "scripts": {"postdeploy": "python migrate.py"},
}


def test_the_file_is_told_as_it_stands():
    assert list(steps(a_plan(redis=True), {"app.json": json.dumps(THEIRS)})) == [
        "heroku create --stack heroku-26 --buildpack heroku/nodejs",
        "heroku buildpacks:add heroku/python",
        "heroku config:set 'LOG=a b' MADE_KEY=\"$(openssl rand -hex 32)\" API_KEY=… ASKED=…",
        "heroku addons:create heroku-postgresql:mini",
        "heroku addons:create heroku-redis:mini --as S -- --v=7",
        PUSH,
        "heroku ps:scale web=1:eco clock=1",
        "heroku run 'python migrate.py'",
    ]


def test_what_a_procfile_calls_web_is_not_started_for_a_bot():
    texts = {"app.json": "{}", "Procfile": "web: python bot.py\nworker: python bot.py\n"}
    said = list(steps(a_plan(port=None), texts))
    assert said[-1] == "heroku ps:scale web=0 worker=1:basic"


def test_no_password_of_an_addon_is_told():
    addon = {"plan": "a:b", "options": {"password": "hunter2", "size": "1"}}
    said = list(steps(a_plan(), {"app.json": json.dumps({"addons": [addon]})}))
    assert "heroku addons:create a:b -- --password=… --size=1" in said


@pytest.mark.parametrize(
    "document",
    [
        {"scripts": "echo hi"},
        {"scripts": {"postdeploy": {"cmd": "x"}}},
        {"env": ["A"]},
        {"formation": {"web": 2}},
        {"formation": [1]},
        {"addons": "a:b"},
        {"addons": [{"plan": "a:b", "options": ["x"]}]},
    ],
)
def test_what_is_against_the_schema_ends_in_no_traceback(document):
    said = list(steps(a_plan(), {"app.json": json.dumps(document)}))
    assert said[-1].startswith("heroku ps:scale web=1")


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_file_that_says_nothing_still_ends_in_a_dyno(text):
    said = list(steps(a_plan(), {"app.json": text}))
    assert (said[0].split()[:2], said[-1]) == (["heroku", "create"], "heroku ps:scale web=1:basic")
