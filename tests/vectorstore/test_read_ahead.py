"""The lists of a question are asked for together, and what is found stays the same."""

from __future__ import annotations

import mmap

import faiss
import numpy as np
import pytest

from tests.service.helpers import eventually
from tools.limits.cold import evict, resident_pages
from vectorstore import faiss_kinds
from vectorstore.ivf import IVF_KINDS, write_ivf
from vectorstore.read_ahead import ListsAhead, _madvise, _ranges

ROWS = np.random.default_rng(5).standard_normal((4000, 64)).astype(np.float32)


@pytest.fixture(params=IVF_KINDS)
def index(request, tmp_path):
    write_ivf(ROWS, request.getfixturevalue("metric"), request.param, tmp_path / "index.faiss")
    return faiss_kinds.open_faiss(tmp_path / "index.faiss")


@pytest.mark.parametrize("metric", ["ip", "l2"])
@pytest.mark.parametrize("probes", [1, 7, 64])
def test_it_finds_what_faiss_finds(index, metric, probes):
    faiss_kinds.set_probes(index, probes)
    ahead = ListsAhead(index)
    assert ahead.ntotal == 4000
    for query in ROWS[::400] + 0.1:
        expected, found = index.search(query[None], 10), ahead.search(query[None], 10)
        assert found[1].tolist() == expected[1].tolist()
        assert found[0].tolist() == expected[0].tolist()


def test_lists_without_vectors_give_fewer(tmp_path):
    index = faiss.index_factory(64, "IVF64,SQ8", faiss.METRIC_INNER_PRODUCT)
    index.train(ROWS)
    index.add(ROWS[:1])
    faiss.write_index(index, str(tmp_path / "index.faiss"))
    ahead = ListsAhead(faiss_kinds.open_faiss(tmp_path / "index.faiss"))
    found = [ahead.search(query[None], 3)[1][0].tolist() for query in ROWS[:200]]
    assert found[0] == [0, -1, -1]
    assert [-1, -1, -1] in found


@pytest.mark.skipif(_madvise() is None, reason="no madvise here")
def test_the_kernel_reads_the_list_that_is_asked_for_and_not_all(tmp_path):
    path = tmp_path / "index.faiss"
    write_ivf(np.tile(ROWS, (20, 1)), "ip", "ivf-sq8", path)
    index = faiss_kinds.open_faiss(path)
    ahead = ListsAhead(index)
    with path.open("rb") as file:
        _let_go(ahead, path)
        before = resident_pages(file.fileno())
        ahead.ask_for([3])
        pages = index.invlists.list_size(3) * (64 + 8) // mmap.PAGESIZE
        eventually(lambda: resident_pages(file.fileno()) - before >= pages)
        assert resident_pages(file.fileno()) - before < path.stat().st_size / mmap.PAGESIZE / 2


def _let_go(ahead, path):
    """Pages that this process has in use stay in the cache otherwise."""
    let_go = _madvise()
    for ranges in ahead._ranges:
        for start, length in ranges:
            let_go(start, length, mmap.MADV_DONTNEED)
    evict([path])


@pytest.mark.parametrize(
    ("codes", "ids", "expected"),
    [
        pytest.param((8192, 100), (8300, 16), ((8192, 124),), id="together"),
        pytest.param((8200, 5000), (13208, 16), ((8192, 5032),), id="over a page"),
        pytest.param((8200, 100), (90000, 16), ((8192, 108), (86016, 4000)), id="apart"),
        pytest.param((90000, 100), (8200, 16), ((86016, 4084), (8192, 24)), id="ids before"),
    ],
)
def test_ranges_begin_where_a_page_does(codes, ids, expected):
    assert _ranges(*codes, *ids) == expected
