from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench import million_corpus
from bench.million import verdict
from bench.million_service import search_ms, spread

WARM = (
    "service inside 512 MiB: one search",
    "service: half of these searches",
    "service: of the index",
)
CENTRES = np.eye(16, dtype=np.float32)


def test_the_same_seed_gives_the_same_unit_vectors():
    one, other = (np.concatenate(list(million_corpus.clustered(CENTRES, 25_000))) for _ in "12")
    assert one.shape == (25_000, 16)
    assert one.tobytes() == other.tobytes()
    assert np.linalg.norm(one, axis=1) == pytest.approx(1, abs=1e-5)
    different = next(million_corpus.clustered(CENTRES, 100, seed=1))
    assert not np.array_equal(one[:100], different)


def test_they_lie_around_their_centres():
    block = next(million_corpus.clustered(CENTRES, 2000))
    nearest = (block @ CENTRES.T).max(axis=1)
    assert 0.8 < float(nearest.mean()) < 0.92


LONG = "A paragraph of a docstring that is long enough to be taken, and about the number {}."


@pytest.fixture
def libraries(tmp_path, monkeypatch):
    """Makes folders of a standard library and of packages; the paths of one environment."""

    def made(name, *, beside=()):
        paths = {}
        for kind in ("stdlib", "purelib", "platlib"):
            paths[kind] = tmp_path / name / kind
            for at in range(6):
                package = paths[kind] / f"{kind}{at}"
                package.mkdir(parents=True)
                doc = "\n\n".join([*(LONG.format(f"{kind} {at}.{n}") for n in range(3)), "Short."])
                (package / "it.py").write_text(f'"""{doc}"""\n')
        for file in beside:
            (paths["stdlib"] / file).parent.mkdir(parents=True)
            (paths["stdlib"] / file).write_text(f'"""{LONG.format(file)}"""\n')
        monkeypatch.setattr(
            "sysconfig.get_paths", lambda: {kind: str(path) for kind, path in paths.items()}
        )

    return made


def test_paragraphs_are_the_same_wherever_the_libraries_are(libraries):
    libraries("here")
    stored, asked = million_corpus.paragraphs(20, 8)
    assert (len(set(stored)), len(set(asked))) == (20, 8)
    libraries("elsewhere", beside=["site-packages/pip/it.py", "test/it.py"])
    assert million_corpus.paragraphs(20, 8) == (stored, asked)


def test_questions_are_of_files_of_their_own(libraries):
    libraries("here")
    stored, asked = million_corpus.paragraphs(20, 8)
    files, others = ({text.split(".")[0] for text in texts} for texts in (stored, asked))
    assert (len(others), len(files & others)) == (8, 0)


def test_real_paragraphs_are_of_usual_length():
    stored, asked = million_corpus.paragraphs(50, 5)
    assert all(80 <= len(text) <= 400 for text in stored + asked)


def report(**changes):
    searched = {"recall_made": 0.97, "recall_real": 0.96, "p50_ms": 1.0, "killed": False}
    served = {"recall": 0.96, "anonymous_growth_mib": 20.0, "ready_s": 1.0, "killed": False}
    served["search"] = {"p50_ms": changes.pop("served_ms", 2.0)}
    built = {"peak_anonymous_mib": 600.0, "killed": changes.pop("build_killed", False)}
    return json.loads(
        json.dumps(
            {
                "chunks": 1_000_000,
                "build": {"ivf-sq8": built},
                "search": {"ivf-sq8": searched | changes},
                "service": {"ivf-sq8": served},
            }
        )
    )


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"recall_real": 0.94}, ["MISSED: recall@10, real questions: 0.94 (>= 0.95)"]),
        ({"p50_ms": 5.0}, ["MISSED: median search, warm, ms: 5.0 (< 5)"]),
        ({"served_ms": 5.5}, ["MISSED: median search in the service, warm, ms: 5.5 (< 5)"]),
        ({"build_killed": True}, ["MISSED: building, killed for memory: 1 (<= 0)"]),
        ({"killed": True}, ["MISSED: killed for memory: 1 (<= 0)"]),
    ],
)
def test_the_verdict_names_what_was_missed(changes, missed):
    lines = verdict(report(**changes), "ivf-sq8")
    assert [line for line in lines if not line.startswith("ok")] == missed


def test_the_search_is_what_the_service_says_of_it():
    assert search_ms("retrieve;dur=14.20, search;dur=1.25, answer;dur=0.31") == 1.25
    with pytest.raises(AssertionError, match="answer;dur"):
        search_ms("retrieve;dur=14.20, answer;dur=0.31")


def test_the_spread_of_searches():
    assert spread([4.0, 1.0, 2.0, 3.0, 100.0]) == {
        "questions": 5,
        "p50_ms": 3.0,
        "quartiles_ms": [2.0, 4.0],
        "p95_ms": 80.8,
        "max_ms": 100.0,
    }


def test_the_table_says_what_was_not_measured(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "docs"))
    import million_blocks

    search = spread([4.0, 1.0, 2.0, 3.0, 100.0]) | {"index_cached_share": 0.987}
    report = {"service": {"measured": {"search": search}, "before": {}}}
    rows = [row for name, row in million_blocks.ROWS.items() if name.startswith(WARM)]
    assert [row(report, "measured") for row in rows] == ["3.0, 80.8", "2.0 and 4.0, 100.0", "99%"]
    assert [row(report, "before") for row in rows] == ["*not measured*"] * 3
