from __future__ import annotations

import pytest

from deploy.preflight import profile
from tests.deploy.helpers import found


@pytest.mark.parametrize(
    ("state", "count"), [("measured", 0), ("measured on other code", 1), ("not measured", 1)]
)
def test_what_proves_nothing_is_a_warning(state, count, tmp_path):
    assert found(profile, tmp_path, profile=state) == [("warning", "a test")] * count
