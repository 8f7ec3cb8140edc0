"""What a platform's schema says, without what must not be read by everybody."""

from __future__ import annotations

import pytest

from deploy.schemas import violations


@pytest.mark.parametrize(
    ("env", "said"),
    [
        pytest.param(
            {"DATABASE_URL": "hunter2"},
            "error: app.json::$.env.DATABASE_URL: is not what the schema wants (type: object)"
            " [schema]",
            id="a secret",
        ),
        pytest.param(
            {"DEBUG": "1"},
            "error: app.json::$.env.DEBUG: '1' is not of type 'object' [schema]",
            id="no secret",
        ),
    ],
)
def test_a_secret_is_not_shown(env, said):
    assert [str(one) for one in violations("heroku", {"env": env}, "app.json")] == [said]
