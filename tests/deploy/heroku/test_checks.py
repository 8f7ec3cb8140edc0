from __future__ import annotations

import pytest

from deploy.heroku.checks import check_layout
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
