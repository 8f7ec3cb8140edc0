from __future__ import annotations

import numpy as np
import pytest

from tools.migrate.export.parity import Bar, Parity, compare
from tools.migrate.export.texts import Texts

# Six documents on a circle, one question between the first two.
ANGLES = np.radians([0, 10, 20, 30, 40, 50])
DOCUMENTS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1).astype(np.float32)
TEXTS = Texts(documents=tuple("abcdef"), questions=("q",))


def _with_question(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.vstack([DOCUMENTS, [[np.cos(angle), np.sin(angle)]]]).astype(np.float32)


def test_the_same_vectors():
    vectors = _with_question(1)
    assert compare(vectors, vectors, TEXTS, "x") == Parity(
        texts=7, questions=1, overlap=1, same_top4=1, mean=1, p01=1, minimum=1, corpus="x"
    )


def test_a_question_that_moved():
    found = compare(_with_question(1), _with_question(49), TEXTS, "x")
    assert (found.overlap, found.same_top4) == (0.5, 0)
    assert found.minimum == pytest.approx(np.cos(np.radians(48)), abs=1e-6)
    assert found.mean == pytest.approx((6 + found.minimum) / 7, abs=1e-6)


def test_a_text_does_not_find_itself():
    texts = Texts(documents=TEXTS.documents, questions=TEXTS.documents)
    moved = np.vstack([DOCUMENTS, DOCUMENTS]).astype(np.float32)
    moved[6:] = moved[6:][::-1]
    assert compare(moved, moved, texts, "x").overlap == 1
    straight = np.vstack([DOCUMENTS, DOCUMENTS]).astype(np.float32)
    # The first asks as if it were the last: of b c d e it finds b c d e, not f; the last the same.
    assert compare(straight, moved, texts, "x").overlap < 1


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        pytest.param({}, [], id="at the bar"),
        pytest.param({"overlap": 0.9499}, ["mean top-4 overlap 0.94990 < 0.95"], id="overlap"),
        pytest.param(
            {"p01": 0.9989, "minimum": 0.99},
            ["cosine, first percentile 0.99890 < 0.999", "cosine, minimum 0.99000 < 0.997"],
            id="both cosines",
        ),
        pytest.param({"minimum": float("nan")}, ["cosine, minimum nan < 0.997"], id="not a number"),
    ],
)
def test_the_bar(changes, failed):
    figures = {"overlap": 0.95, "p01": 0.999, "minimum": 0.997} | changes
    parity = Parity(texts=1, questions=1, same_top4=0, mean=1, corpus="x", **figures)
    assert parity.failed(Bar()) == failed
