from __future__ import annotations

import pytest

from tools.profile.growth import Growth
from tools.profile.slope import slope

X = [100 * n for n in range(40)]


def growth(y: list[float], explained: dict[str, float]) -> Growth:
    line = slope([x / 1000 for x in X[10:]], y[10:])
    points = list(zip(X, y, strict=True))
    return Growth("anonymous memory", line.scaled(1024), explained, points, 10)


@pytest.mark.parametrize(
    ("y", "explained", "expected"),
    [
        pytest.param([50.0] * 40, {}, "no leak seen", id="flat"),
        pytest.param([50 + x / 1000 for x in X], {}, "leaks", id="straight up"),
        pytest.param([50 + x / 11_000 for x in X], {}, "undecided", id="93 KiB per thousand"),
        pytest.param([50 + x / 10_000 for x in X], {}, "leaks", id="102 KiB per thousand"),
        pytest.param([50 - 1 / (1 + x / 500) for x in X], {}, "undecided", id="dies down"),
        pytest.param(
            [50 + x / 1000 for x in X], {"cache_bytes": 700.0}, "undecided", id="a cache fills"
        ),
        pytest.param(
            [50 + x / 1000 for x in X], {"cache_bytes": 1024.1}, "no leak seen", id="all of it"
        ),
    ],
)
def test_verdict(y, explained, expected):
    assert growth(y, explained).verdict == expected
