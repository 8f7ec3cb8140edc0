"""The guide's tables say what nobody could measure here."""

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


def quantized(**measured):
    kind = {"bytes_per_chunk": 100.0, "bytes_on_disk": 1536.0, "recall": 0.9672}
    return {
        "chunks": 20_000,
        "questions": 1000,
        "machine": {"measured": "2026-11-26"},
        "command": "python -m bench.quantized",
        "kinds": {"ivf-rabitq": {**kind, **measured}},
    }


def test_what_vectors_of_each_kind_take_and_find(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import guide_blocks

    taken = {"anonymous_mib": 22.5, "mapped_mib": 30.9, "search_ms": 0.4}
    found = quantized(
        labelled={"recall": 0.748, "mrr": 0.578},
        labelled_of_codes={"recall": 0.626, "mrr": 0.539},
        **{name: {"median": median} for name, median in taken.items()},
    )
    found |= {"labelled": {"questions": 99, "passages": 83}, "k": 4, "runs": 3}
    monkeypatch.setattr(guide_blocks, "report", {"quantized": found}.get)
    lines = guide_blocks.quantized().splitlines()
    assert lines[2] == "| ivf-rabitq | 31.2 | 22.5 | 30.9 | 0.40 | 0.967 | 0.748 | 0.578 |"
    assert "recall@4 is 0.626 and MRR 0.539. 2026-11-26: `python" in lines[-1]


def test_a_report_from_before_they_were_measured_has_none(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    import guide_blocks

    monkeypatch.setattr(guide_blocks, "report", {"quantized": quantized()}.get)
    row = "| ivf-rabitq | 31.2 | *not measured* | | | 0.967 | *not measured* | |"
    assert guide_blocks.quantized().splitlines()[2:] == [
        row,
        "",
        "2026-11-26: `python -m bench.quantized`.",
    ]
