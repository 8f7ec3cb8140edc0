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


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_file_that_says_nothing_still_ends_in_a_dyno(text):
    said = list(steps(a_plan(), {"app.json": text}))
    assert (said[0].split()[:2], said[-1]) == (["heroku", "create"], "heroku ps:scale web=1:basic")
