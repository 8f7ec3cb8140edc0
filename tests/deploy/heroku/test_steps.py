from __future__ import annotations

import pytest

from deploy.heroku import steps
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
    assert list(steps(a_plan(**values))) == expected
