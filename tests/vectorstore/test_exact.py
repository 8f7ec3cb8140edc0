from __future__ import annotations

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.exact import BLOCK_ROWS, nearest
from vectorstore.flat import map_flat


def unit(rows, seed=0, dim=384):
    matrix = np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)
    return matrix / np.linalg.norm(matrix, axis=1, keepdims=True)


def test_empty_index_finds_nothing():
    positions, scores = nearest(np.empty((0, 4), np.float32), "l2", np.ones(4, np.float32), 3)
    assert positions.tolist() == scores.tolist() == []


def test_fewer_vectors_than_asked_for():
    positions, _ = nearest(np.eye(2, dtype=np.float32), "ip", np.float32([1, 0.5]), 9)
    assert positions.tolist() == [0, 1]


@pytest.mark.parametrize("rows", [1, 52, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 3000])
@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_finds_what_faiss_finds(tmp_path, rows, metric):
    vectors = unit(rows)
    index = (faiss.IndexFlatIP if metric == "ip" else faiss.IndexFlatL2)(384)
    index.add(vectors)
    faiss.write_index(index, str(tmp_path / "index.faiss"))
    mapped, _ = map_flat(tmp_path / "index.faiss")
    for query in unit(20, seed=1):
        distances, expected = index.search(query[None], 4)
        found = expected[0] >= 0
        positions, scores = nearest(mapped, metric, query, 4)
        assert positions.tolist() == expected[0][found].tolist()
        as_scores = distances[0] if metric == "ip" else 1 - distances[0] / 2
        assert scores == pytest.approx(as_scores[found], abs=1e-5)


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_score_of_unit_vectors_is_their_cosine(metric):
    positions, scores = nearest(
        np.float32([[0, 1], [0.6, 0.8], [1, 0]]), metric, np.float32([1, 0]), 3
    )
    assert positions.tolist() == [2, 1, 0]
    assert scores == pytest.approx([1, 0.6, 0], abs=1e-6)


def test_inner_product_does_not_depend_on_the_length_of_the_question():
    vectors, query = unit(50), unit(1, seed=3)[0]
    assert nearest(vectors, "ip", query * 7, 5)[1] == pytest.approx(
        nearest(vectors, "ip", query, 5)[1], abs=1e-6
    )


def test_l2_ranks_by_distance_when_vectors_are_no_unit_vectors():
    vectors = np.float32([[10, 0], [1.5, 0], [0, 0]])
    positions, scores = nearest(vectors, "l2", np.float32([1, 0]), 3)
    assert positions.tolist() == [1, 2, 0]
    assert scores == pytest.approx([1 - 0.25 / 2, 0.5, 1 - 81 / 2])


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_equal_vectors_come_in_stored_order(metric):
    vectors = np.tile(unit(3), (400, 1))
    positions, scores = nearest(vectors, metric, vectors[1], 7)
    assert positions.tolist() == [1, 4, 7, 10, 13, 16, 19]
    assert len(set(scores.tolist())) == 1


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_a_damaged_vector_is_never_found(metric):
    vectors = unit(5)
    vectors[2] = np.nan
    positions, scores = nearest(vectors, metric, vectors[0], 5)
    assert positions[0] == 0
    assert sorted(positions.tolist()) == [0, 1, 3, 4]
    assert np.isfinite(scores).all()


@given(
    rows=st.integers(1, 600),
    copies=st.integers(1, 5),
    k=st.integers(1, 20),
    seed=st.integers(0, 99),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    metric=st.sampled_from(["ip", "l2"]),
)
def test_ranks_as_float64_does(rows, copies, k, seed, scale, metric):
    vectors = np.tile(unit(rows, seed, dim=24) * np.float32(scale), (copies, 1))
    query = unit(1, seed + 1000, dim=24)[0]
    wide = vectors.astype(np.float64)
    if metric == "ip":
        query = (query / np.linalg.norm(query.astype(np.float64))).astype(np.float32)
        truth = (wide * query).sum(axis=1)
    else:
        truth = 1 - np.square(wide - query).sum(axis=1) / 2
    positions, scores = nearest(vectors, metric, query, k)
    assert scores == pytest.approx(np.sort(truth)[::-1][:k], rel=1e-6, abs=1e-6 * scale)
    assert len(set(positions.tolist())) == min(k, len(vectors))
