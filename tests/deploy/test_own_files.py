"""The files of this repository are what the committed profile gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.finding.plan import find_plan
from deploy.platforms import PLATFORMS
from deploy.repository import Repository
from deploy.run import deploy_to

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def repository():
    return Repository(ROOT)


@pytest.fixture(scope="module")
def plan(repository):
    return find_plan(repository)


@pytest.mark.parametrize("name", PLATFORMS)
def test_generated_again_they_are_the_same(name, plan, repository):
    result = deploy_to(name, plan, repository, out=ROOT, write=False, force=False)
    errors = [str(problem) for problem in result.problems if problem.severity == "error"]
    assert (errors, result.differs) == ([], ())
