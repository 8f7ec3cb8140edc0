"""The documents say which of their figures are of earlier code."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.machine import STORE_CODE, content

DOCS = Path(__file__).parents[2] / "docs"
NOW = content(STORE_CODE)


@pytest.mark.parametrize(
    ("found", "mark", "said"),
    [
        pytest.param({"content": NOW}, "", "", id="this code"),
        pytest.param(
            {"content": {**NOW, "sha256": "0" * 64}}, "†", "earlier code than this", id="changed"
        ),
        pytest.param(
            {"content": {**NOW, "paths": ["gone"]}}, "†", "earlier code than this", id="gone"
        ),
        pytest.param({}, "‡", "before reports recorded", id="not recorded"),
    ],
)
def test_a_report_of_earlier_code_is_marked(monkeypatch, found, mark, said):
    monkeypatch.syspath_prepend(str(DOCS))
    import blocks

    assert blocks.mark_of_code(found) == mark
    assert said in blocks.said_of_code(found)
    assert bool(blocks.said_of_code(found)) == bool(mark)
