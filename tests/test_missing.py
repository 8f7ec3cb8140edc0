from __future__ import annotations

import pytest

from tests.missing import missing


@pytest.mark.parametrize("ci", [None, ""])
def test_elsewhere_a_test_is_skipped(monkeypatch, ci):
    monkeypatch.delenv("CI", raising=False)
    if ci is not None:
        monkeypatch.setenv("CI", ci)
    with pytest.raises(pytest.skip.Exception, match="^no redis-server$"):
        missing("no redis-server")


def test_in_ci_it_fails(monkeypatch):
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="^missing in CI: no redis-server$"):
        missing("no redis-server")
