"""What a person is told to do on each host."""

from __future__ import annotations

import json

import pytest

from deploy.cli import main
from deploy.platforms import PLATFORMS
from tests.deploy.helpers import a_plan, write
from tests.deploy.test_cli import FILES


def steps_of(name, **values):
    plan = a_plan(**values)
    texts = {file.path: file.text for file in PLATFORMS[name].files(plan)}
    return list(PLATFORMS[name].steps(plan, texts))


@pytest.mark.parametrize("name", sorted(set(PLATFORMS) - {"railway"}))
def test_every_secret_is_told(name):
    assert "TELEGRAM_TOKEN" in "\n".join(steps_of(name, secrets=("TELEGRAM_TOKEN",)))


def test_cloud_run_fails_on_a_secret_that_is_not_there():
    steps = steps_of("cloudrun", secrets=("A_KEY",), redis=True)
    made = steps.index("gcloud secrets create A_KEY --data-file=-")
    assert steps[made + 1 :] == [
        "gcloud secrets create REDIS_URL --data-file=-",
        "gcloud run services replace service.yaml --region REGION",
    ]


@pytest.mark.parametrize(("repository", "checks"), [(None, ["source"]), ("someone/shop", [])])
def test_railway_needs_a_source(repository, checks):
    plan = a_plan(repository=repository)
    texts = {file.path: file.text for file in PLATFORMS["railway"].files(plan)}
    assert [problem.check for problem in PLATFORMS["railway"].problems(plan, texts)] == checks


def test_what_is_refused_has_no_steps(tmp_path, capsys):
    write(tmp_path, {**FILES, "requirements.txt": "torch\n"})
    assert main(["fly", str(tmp_path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["steps"] == []
