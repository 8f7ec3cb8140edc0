from __future__ import annotations

import pytest

from deploy.preflight import workers
from deploy.preflight.context import Context
from deploy.repository import Repository
from tests.deploy.helpers import a_plan, found
from tools.limits.units import format_mib


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, [], id="nothing said"),
        pytest.param({"WEB_CONCURRENCY": "1"}, [], id="one"),
        pytest.param({"WEB_CONCURRENCY": "4"}, [("error", "a test")], id="four"),
        pytest.param({"UVICORN_WORKERS": "2"}, [("error", "a test")], id="uvicorn's own"),
    ],
)
@pytest.mark.parametrize("platform", ["render", "fly"])
def test_one_worker_on_every_host(environment, expected, platform, tmp_path):
    assert found(workers, tmp_path, platform, environment=environment) == expected


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("uvicorn main:app --workers 1", [], id="one"),
        pytest.param("gunicorn -w $WEB_CONCURRENCY main:app", [], id="as the environment says"),
        pytest.param("python main.py --workers 4", [], id="a flag of its own"),
        pytest.param("chainlit run main.py -w", [], id="a flag that watches"),
        pytest.param("uvicorn main:app --workers 4", ["error"], id="uvicorn"),
        pytest.param("fastapi run main.py --workers=2", ["error"], id="fastapi"),
        pytest.param("python x.py && gunicorn -w4 main:app", ["error"], id="gunicorn, in a line"),
        pytest.param("python -m hypercorn -w 2 main:app", ["error"], id="hypercorn"),
        pytest.param("WEB_CONCURRENCY=4 uvicorn main:app", ["error"], id="a variable in it"),
        pytest.param("gunicorn -w $(nproc) main:app", ["warning"], id="what the host has"),
        pytest.param("gunicorn -w $N main:app", ["warning"], id="a variable of the host"),
    ],
)
def test_a_command_that_a_person_wrote_starts_one(command, expected, tmp_path):
    problems = found(workers, tmp_path, command=command, environment={"WEB_CONCURRENCY": "1"})
    assert problems == [(severity, "a test") for severity in expected]


def test_several_workers_are_told_with_the_measured_figure(tmp_path):
    plan = a_plan(command="gunicorn -w 4 main:app", peak_mib=141.3)
    (problem,) = workers.check(Context(plan, Repository(tmp_path), "render", 512.0))
    assert problem.message == (
        "the command starts 4 workers: each worker holds the model once more,"
        f" 4 × {format_mib(141.3)} as measured with one. Write --workers 1"
    )
