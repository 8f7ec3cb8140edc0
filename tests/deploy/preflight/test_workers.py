from __future__ import annotations

import pytest

from deploy.preflight import workers
from tests.deploy.helpers import found


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, [], id="nothing said"),
        pytest.param({"WEB_CONCURRENCY": "1"}, [], id="one"),
        pytest.param({"WEB_CONCURRENCY": "4"}, [("error", "a test")], id="four"),
    ],
)
@pytest.mark.parametrize("platform", ["render", "fly"])
def test_one_worker_on_every_host(environment, expected, platform, tmp_path):
    assert found(workers, tmp_path, platform, environment=environment) == expected
