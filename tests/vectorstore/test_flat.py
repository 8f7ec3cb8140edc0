from __future__ import annotations

import struct
from pathlib import Path

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vectorstore.base import StoreError
from vectorstore.flat import HEADER, FlatWriter, map_flat, read_flat, read_header

MATRICES = hnp.arrays(
    np.float32,
    st.tuples(st.integers(0, 9), st.integers(1, 17)),
    elements=st.floats(width=32, allow_nan=True, allow_infinity=True),
)
METRICS = st.sampled_from(["ip", "l2"])


def faiss_index(matrix, metric):
    index = faiss.IndexFlatIP if metric == "ip" else faiss.IndexFlatL2
    made = index(matrix.shape[1])
    made.add(matrix)
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("flat")


@given(matrix=MATRICES, metric=METRICS, block=st.integers(1, 4))
def test_writer_writes_what_faiss_writes(folder, matrix, metric, block):
    ours, theirs = folder / "ours.faiss", folder / "theirs.faiss"
    with FlatWriter(ours, dim=matrix.shape[1], metric=metric) as writer:
        for start in range(0, len(matrix), block):
            writer.append(matrix[start : start + block])
    faiss.write_index(faiss_index(matrix, metric), str(theirs))
    assert ours.read_bytes() == theirs.read_bytes()


@given(matrix=MATRICES, metric=METRICS)
@pytest.mark.parametrize("read", [read_flat, map_flat])
def test_reads_what_faiss_wrote(folder, read, matrix, metric):
    path = folder / "read.faiss"
    faiss.write_index(faiss_index(matrix, metric), str(path))
    vectors, found = read(path)
    assert found == metric
    assert vectors.dtype == np.float32
    assert vectors.shape == matrix.shape
    assert vectors.tobytes() == matrix.tobytes()


def test_generic_flat_index_names_its_metric_in_the_field(folder):
    path = folder / "generic.faiss"
    index = faiss.IndexFlat(2, faiss.METRIC_INNER_PRODUCT)
    index.add(np.eye(2, dtype=np.float32))
    faiss.write_index(index, str(path))
    head = bytearray(path.read_bytes())
    head[:4] = b"IxFl"
    path.write_bytes(head)
    assert read_header(path).metric == "ip"


def header(*, fourcc=b"IxF2", dim=2, count=1, trained=True, metric=1, floats=2):
    return HEADER.pack(fourcc, dim, count, 1 << 20, 1 << 20, trained, metric, floats)


BODY = struct.pack("<2f", 1, 0)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "is empty", id="empty"),
        pytest.param(b"IxF2\x02", "ends after 5 bytes, inside its header", id="half a header"),
        pytest.param(header(), "53 bytes long.*and is 45: cut short", id="no vectors"),
        pytest.param(header() + BODY[:-1], "53 bytes.*is 52: cut short", id="one byte short"),
        pytest.param(header() + BODY + b"x", "is 54: something is appended", id="one byte more"),
        pytest.param(header(dim=-1) + BODY, r"damaged header \(dim -1", id="negative dim"),
        pytest.param(header(dim=0) + BODY, "damaged header", id="no dim"),
        pytest.param(header(count=-1) + BODY, "damaged header", id="negative count"),
        pytest.param(header(count=2**62) + BODY, "damaged header", id="huge count"),
        pytest.param(header(floats=3) + BODY, "damaged header", id="floats do not fit"),
        pytest.param(header(trained=False) + BODY, "damaged header", id="not trained"),
        pytest.param(header(metric=23) + BODY, "faiss metric 23", id="another metric"),
        pytest.param(header(metric=0) + BODY, "faiss metric 0", id="metric against fourcc"),
        pytest.param(b"IxMp" + bytes(60), r"IndexIDMap \(fourcc IxMp\)", id="IndexIDMap"),
        pytest.param(b"IwFl" + bytes(60), r"IndexIVFFlat \(fourcc IwFl\)", id="IVF"),
        pytest.param(b"\x80\x04\x95\x00" * 20, "no faiss index that is known here", id="a pickle"),
        pytest.param(b"version https://git-lfs", "no faiss index", id="a Git LFS pointer"),
    ],
)
def test_refuses_by_name(tmp_path, data, message):
    path = tmp_path / "index.faiss"
    path.write_bytes(data)
    with pytest.raises(StoreError, match=message) as refused:
        read_header(path)
    assert str(path) in str(refused.value)
    assert refused.value.exit_code == 1


def test_other_kinds_are_named_as_faiss_names_them(tmp_path):
    path = tmp_path / "index.faiss"
    flat = faiss.IndexFlatL2(4)
    for index in (faiss.IndexIDMap(flat), faiss.IndexHNSWFlat(4, 8), faiss.IndexIDMap2(flat)):
        faiss.write_index(index, str(path))
        with pytest.raises(StoreError, match=f"is a faiss {type(index).__name__} "):
            read_header(path)


def test_missing_file_cannot_be_read(tmp_path):
    with pytest.raises(StoreError, match="No such file") as refused:
        read_header(tmp_path / "index.faiss")
    assert refused.value.exit_code == 2


@settings(max_examples=300)
@given(data=st.binary(max_size=80), start=st.sampled_from([b"", b"IxF2", b"IxFI", header()]))
def test_garbage_never_gets_past_the_header(folder, data, start):
    path = Path(folder) / "garbage.faiss"
    path.write_bytes(start + data)
    try:
        found = read_header(path)
    except StoreError:
        return
    assert len(start + data) == HEADER.size + 4 * found.count * found.dim


def test_append_checks_the_shape(tmp_path):
    with (
        FlatWriter(tmp_path / "index.faiss", dim=2, metric="ip") as writer,
        pytest.raises(ValueError, match=r"shape \(1, 3\) for an index of dim 2"),
    ):
        writer.append(np.zeros((1, 3), np.float32))
