"""No test of deploy asks a package index."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_index(monkeypatch, tmp_path_factory):
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "uv"))
