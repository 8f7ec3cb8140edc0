from __future__ import annotations

from collections.abc import Iterator

import pytest

from tools.migrate.runtime import sessions


@pytest.fixture(autouse=True)
def no_requests_yet() -> Iterator[None]:
    """Each test begins as a process does that has not served anything."""
    sessions._state.update(serving=False, warned=False)
    yield
    sessions._state.update(serving=False, warned=False)
