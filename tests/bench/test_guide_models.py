"""The guide's table of models names those that nobody could measure here."""

from __future__ import annotations

from pathlib import Path

from bench.retrieval import NAMED, WORTH_CHOOSING

DOCS = Path(__file__).parents[2] / "docs"


def report(name):
    assert name == "retrieval"
    row = {"model": "all-MiniLM-L6-v2", "recipe": "w8", "file_mib": 23.7, "peak_mib": 105.2}
    return {
        "models": [{**row, "question_ms": 2.9, "recall": 0.788, "mrr": 0.622}],
        "not_measured": {"all-MiniLM-L6-v1": "it could not be fetched"},
        "labelled": {"questions": 99, "passages": 83},
        "k": 4,
        "runs": 3,
        "machine": {"measured": "2026-11-25"},
        "command": "python -m bench.retrieval",
    }


def test_what_is_worth_choosing_is_listed_with_the_command_that_measures_it(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import guide_blocks

    monkeypatch.setattr(guide_blocks, "report", report)
    lines = guide_blocks.models().splitlines()
    assert lines[2] == "| all-MiniLM-L6-v2 | w8 | 23.7 | 105 | 2.90 | 0.788 | 0.622 |"
    missing = ["all-MiniLM-L6-v1", "sentence-t5-small", "sentence-t5-base", *WORTH_CHOOSING]
    assert set(missing) == set(NAMED) - {"all-MiniLM-L6-v2"}
    rows = [f"| {name} | *not measured*: no source | | | | | |" for name in missing]
    assert lines[3:-2] == rows
    assert lines[-1].endswith(f"`python -m tools.migrate export --compare {' '.join(missing)}`.")
