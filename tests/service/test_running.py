from __future__ import annotations

import pytest

from service.running import share_to_shed

MIB = 2**20


@pytest.mark.parametrize(
    ("held", "short", "share"),
    [
        pytest.param(0, 5, 0.25, id="none there"),
        pytest.param(4, -3, 0.25, id="nothing is lacking"),
        pytest.param(4, 0.5, 0.25, id="less than a quarter"),
        pytest.param(4, 3, 0.75, id="more"),
        pytest.param(4, 4, 1, id="all"),
        pytest.param(4, 5, 0.25, id="all would not do"),
    ],
)
def test_as_many_conversations_go_as_make_room(held, short, share):
    assert share_to_shed(int(held * MIB), int(short * MIB)) == share
