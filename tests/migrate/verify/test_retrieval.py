from __future__ import annotations

import numpy as np

from tools.migrate.verify.retrieval import Comparison, Legacy, compare


def test_the_same_documents_are_equal():
    comparison = compare([["a", "b"], ["c", "d"]], [["a", "b"], ["c", "d"]], "recorded")
    assert comparison == Comparison(2, 1.0, 1.0, 1.0, "recorded")
    assert comparison.equal


def test_another_order_keeps_the_set_but_not_the_first():
    comparison = compare([["a", "b"]], [["b", "a"]], "recorded")
    assert (comparison.mean_overlap, comparison.same_set, comparison.same_first) == (1.0, 1.0, 0.0)


def test_one_other_document_in_four_is_not_equal():
    comparison = compare([["a", "b", "c", "d"]], [["a", "b", "c", "x"]], "recorded")
    assert (comparison.mean_overlap, comparison.same_set, comparison.equal) == (0.75, 0.0, False)


def test_documents_that_repeat_count_once_each():
    assert compare([["a", "a"]], [["a", "b"]], "recorded").mean_overlap == 0.5


def test_the_legacy_side_searches_exactly():
    vectors = np.eye(3, dtype=np.float32)
    queries = np.array([[0.9, 0.5, 0.1], [0.0, 0.2, 0.9]], dtype=np.float32)
    for metric in ("l2", "ip"):
        legacy = Legacy(vectors, metric, ["x", "y", "z"])
        assert legacy.top(queries, k=2) == [["x", "y"], ["z", "y"]]
