from __future__ import annotations

import contextlib
import os

import pytest

from tests.vectorstore.helpers import DOCUMENTS, LETTERS_MODEL, vectors
from vectorstore.base import FilesChanged
from vectorstore.build import build_store
from vectorstore.faiss_store import open_store

QUERY = vectors(["a"])[0]


@pytest.mark.parametrize("file", ["index.faiss", "documents.sqlite", "vectors.faiss"])
@pytest.mark.parametrize("change", ["cut", "longer", "rewritten"])
def test_a_file_that_is_changed_in_place_is_not_read(tmp_path, file, change):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s", index="ivf-rabitq")
    path = tmp_path / "s" / file
    with contextlib.closing(open_store(tmp_path / "s")) as store:
        assert store.search(QUERY, 1)
        if change == "rewritten":
            path.write_bytes(path.read_bytes())
            os.utime(path, ns=(0, 0))  # a clock may be too coarse to tell
        else:
            os.truncate(path, path.stat().st_size + (1 if change == "longer" else -1))
        for ask in (lambda: store.search(QUERY, 1), lambda: store.documents(["1"])):
            with pytest.raises(
                FilesChanged, match=rf"{path} was changed in place while it was open"
            ):
                ask()


def test_files_that_are_replaced_or_deleted_stay_as_they_were_opened(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s")
    with contextlib.closing(open_store(tmp_path / "s")) as store:
        before = store.search(QUERY, 3)
        build_store(DOCUMENTS[:1], LETTERS_MODEL, tmp_path / "s", force=True)
        assert store.search(QUERY, 3) == before
        for file in (tmp_path / "s").iterdir():
            file.unlink()
        assert store.search(QUERY, 3) == before


def test_no_descriptor_is_left_open(tmp_path):
    build_store(DOCUMENTS, LETTERS_MODEL, tmp_path / "s")
    before = len(os.listdir("/proc/self/fd"))
    with contextlib.closing(open_store(tmp_path / "s")):
        pass
    (tmp_path / "s/index.faiss").write_bytes(b"")
    with pytest.raises(Exception, match="index.faiss"):
        open_store(tmp_path / "s", check_files=False)
    assert len(os.listdir("/proc/self/fd")) == before
