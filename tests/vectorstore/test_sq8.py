from __future__ import annotations

import os
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vectorstore.base import StoreError
from vectorstore.exact import nearest
from vectorstore.sq8 import is_sq8, map_sq8, quantize, read_sq8_header

METRICS = {"ip": faiss.METRIC_INNER_PRODUCT, "l2": faiss.METRIC_L2}


def made(count, dim=24, seed=0):
    rows = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def by_faiss(rows, metric, path):
    index = faiss.IndexScalarQuantizer(
        rows.shape[1], faiss.ScalarQuantizer.QT_8bit, METRICS[metric]
    )
    index.train(rows)
    index.add(rows)
    faiss.write_index(index, str(path))
    return path.read_bytes()


@pytest.mark.parametrize("metric", ["ip", "l2"])
@pytest.mark.parametrize("count", [1, 2, 4095, 4097])
def test_writes_what_faiss_writes(tmp_path, metric, count):
    rows = made(count)
    rows[:, 3] = 0.25  # a column without range
    quantize(rows, metric, tmp_path / "ours")
    assert (tmp_path / "ours").read_bytes() == by_faiss(rows, metric, tmp_path / "theirs")


@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(1, 9), st.integers(1, 5)),
        elements=st.floats(-8, 8, width=32, allow_subnormal=False),
    )
)
def test_every_value_comes_back_within_half_a_step(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("sq8") / "x"
    quantize(rows, "ip", path)
    vectors, _ = map_sq8(path)
    steps = (rows.max(axis=0) - rows.min(axis=0)) / 255
    assert (np.abs(vectors[:] - rows) <= steps * 0.51 + 1e-5).all()
    assert np.allclose(
        vectors[:], faiss.read_index(str(path)).reconstruct_n(0, len(rows)), atol=1e-5
    )


@pytest.mark.parametrize("metric", ["ip", "l2"])
def test_finds_what_faiss_finds(tmp_path, metric):
    rows = made(1000)
    quantize(rows, metric, tmp_path / "x")
    vectors, found_metric = map_sq8(tmp_path / "x")
    assert found_metric == metric
    index = faiss.read_index(str(tmp_path / "x"))
    for query in made(20, seed=1):
        distances, labels = index.search(query[None], 5)
        positions, scores = nearest(vectors, metric, query, 5)
        assert positions.tolist() == labels[0].tolist()
        expected = distances[0] if metric == "ip" else 1 - distances[0] / 2
        assert scores == pytest.approx(expected, abs=1e-5)


def test_is_a_quarter_of_the_size(tmp_path):
    quantize(made(2000, 384), "ip", tmp_path / "x")
    assert (tmp_path / "x").stat().st_size == pytest.approx(2000 * 384, rel=0.01)


def test_another_quantizer_is_told_apart(tmp_path):
    index = faiss.index_factory(8, "SQfp16")
    index.add(made(3, 8))
    faiss.write_index(index, str(tmp_path / "x"))
    assert not is_sq8(tmp_path / "x")
    with pytest.raises(StoreError, match="damaged header"):
        read_sq8_header(tmp_path / "x")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda p: os.truncate(p, 30), "no index of kind sq8", id="no header"),
        pytest.param(lambda p: os.truncate(p, 300), "cut short", id="cut"),
        pytest.param(lambda p: p.write_bytes(p.read_bytes() + b"x"), "appended", id="appended"),
        pytest.param(
            lambda p: p.write_bytes(p.read_bytes()[:49] + b"\x07" + p.read_bytes()[50:]),
            "damaged header",
            id="other dim",
        ),
        pytest.param(Path.unlink, "cannot read .*No such file", id="missing"),
    ],
)
def test_damaged_files_are_refused(tmp_path, change, message):
    quantize(made(5, 24), "ip", tmp_path / "x")
    change(tmp_path / "x")
    with pytest.raises(StoreError, match=message):
        map_sq8(tmp_path / "x")
