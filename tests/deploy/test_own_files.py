"""The files of this repository are what the committed profile gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.platforms import PLATFORMS
from deploy.prepare import prepare
from deploy.repository import Repository
from deploy.run import deploy_to

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def repository():
    return Repository(ROOT)


@pytest.fixture(scope="module")
def prepared(repository):
    return prepare(repository)


@pytest.mark.parametrize("name", PLATFORMS)
def test_generated_again_they_are_the_same(name, prepared, repository):
    result = deploy_to(name, prepared, repository, out=ROOT, write=False, force=False)
    errors = [str(problem) for problem in result.problems if problem.severity == "error"]
    assert (errors, result.differs) == ([], ())
