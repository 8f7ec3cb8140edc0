from __future__ import annotations

import numpy as np
import pytest

from tools.migrate.export.labelled import Labelled
from tools.migrate.export.quality import Quality, of_ranking, quality

# Passages on the axes; a question's numbers are its scores for them.
PASSAGES = np.eye(4, dtype=np.float32)


@pytest.mark.parametrize(
    ("scores", "right", "expected"),
    [
        pytest.param([4, 3, 2, 1], {0}, Quality(1, 1), id="first"),
        pytest.param([4, 3, 2, 1], {1}, Quality(1, 0.5), id="second"),
        pytest.param([4, 3, 2, 1], {2}, Quality(0, 0.3333), id="behind k"),
        pytest.param([4, 3, 2, 1], {1, 3}, Quality(0.5, 0.5), id="one of two"),
        pytest.param([4, 3, 2, 1], {0, 1, 3}, Quality(1, 1), id="more right ones than k"),
    ],
)
def test_recall_and_rank(scores, right, expected):
    vectors = np.vstack([PASSAGES, np.float32([scores])])
    labelled = Labelled("x", tuple("abcd"), ("q",), (frozenset(right),))
    assert quality(vectors, labelled, 2) == expected


def test_figures_are_means_over_the_questions():
    vectors = np.vstack([PASSAGES, np.float32([[4, 3, 2, 1], [4, 3, 2, 1]])])
    labelled = Labelled("x", tuple("abcd"), ("q", "r"), (frozenset({0}), frozenset({3})))
    assert quality(vectors, labelled, 2) == Quality(0.5, 0.625)


def test_what_was_not_found_has_no_rank():
    labelled = Labelled("x", tuple("abcd"), ("q", "r"), (frozenset({0}), frozenset({3})))
    assert of_ranking([[1, 0], [1, 2]], labelled, 2) == Quality(0.5, 0.25)
