from __future__ import annotations

import pytest

from deploy.preflight import memory
from tests.deploy.helpers import found


@pytest.mark.parametrize(
    ("peak", "expected"),
    [
        pytest.param(None, [], id="not measured"),
        pytest.param(409.6, [], id="80 % of the limit"),
        pytest.param(409.7, [("error", "a test")], id="over 80 %"),
    ],
)
def test_the_peak_must_fit_the_share(peak, expected, tmp_path):
    assert found(memory, tmp_path, peak_mib=peak) == expected
