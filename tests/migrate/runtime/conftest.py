from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from tools.migrate.runtime import sessions
from tools.migrate.runtime.langchain_names import first

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # community's announcement that it is no longer maintained
    first("langchain_community.vectorstores:FAISS", "langchain.vectorstores:FAISS")


@pytest.fixture(autouse=True)
def no_requests_yet() -> Iterator[None]:
    """Each test begins as a process does that has not served anything."""
    sessions._state.update(serving=False, warned=False)
    yield
    sessions._state.update(serving=False, warned=False)
