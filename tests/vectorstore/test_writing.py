from __future__ import annotations

import os

import numpy as np
import pytest

from tests.vectorstore.helpers import DOCUMENTS, LETTERS_MODEL, TEXTS, vectors
from vectorstore.base import StoreError
from vectorstore.checking import verify
from vectorstore.manifest import read_manifest
from vectorstore.writing import new_folder, write_store


def write(out, **options):
    return write_store(out, vectors(TEXTS), DOCUMENTS, model=LETTERS_MODEL, **options)


def info_of(folder):
    verify(folder, manifest := read_manifest(folder))
    return manifest.info(folder)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_writes_three_files_and_nothing_beside_them(tmp_path):
    out = tmp_path / "deep" / "store"
    info = write(out, metric="l2")
    assert names(out) == ["documents.sqlite", "index.faiss", "manifest.json"]
    assert names(out.parent) == ["store"]
    assert info == info_of(out)


def test_a_relative_target(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert (
        write_store(
            out := tmp_path.joinpath("x").relative_to(tmp_path),
            vectors(TEXTS),
            DOCUMENTS,
            model=LETTERS_MODEL,
        ).folder
        == out
    )
    assert names(tmp_path) == ["x"]


def test_same_input_gives_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / name)
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_force_replaces_a_store_and_an_empty_folder(tmp_path):
    (tmp_path / "store").mkdir()
    write(tmp_path / "store", force=True)
    write_store(
        tmp_path / "store", vectors(TEXTS[:1]), DOCUMENTS[:1], model=LETTERS_MODEL, force=True
    )
    assert info_of(tmp_path / "store").count == 1
    assert names(tmp_path) == ["store"]


@pytest.mark.parametrize(
    ("force", "message"),
    [
        (False, "will not overwrite it without --force"),
        (True, "holds thesis.txt, so it is not only"),
    ],
)
def test_what_is_no_store_is_never_replaced(tmp_path, force, message):
    (tmp_path / "thesis.txt").write_text("years")
    with pytest.raises(StoreError, match=message):
        write(tmp_path, force=force)
    assert names(tmp_path) == ["thesis.txt"]


def test_a_file_is_never_replaced(tmp_path):
    (tmp_path / "store").write_text("x")
    with pytest.raises(StoreError, match="exists and is no folder"):
        write(tmp_path / "store", force=True)


def test_a_failure_half_way_leaves_the_old_store(tmp_path):
    write(tmp_path / "store")

    def documents():
        yield DOCUMENTS[0]
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write_store(
            tmp_path / "store", vectors(TEXTS), documents(), model=LETTERS_MODEL, force=True
        )
    assert names(tmp_path) == ["store"]
    assert info_of(tmp_path / "store").count == 3


def test_vectors_and_documents_must_be_as_many(tmp_path):
    with pytest.raises(StoreError, match="3 vectors and 2 documents"):
        write_store(tmp_path / "s", vectors(TEXTS), DOCUMENTS[:2], model=LETTERS_MODEL)
    assert names(tmp_path) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="cannot write .*Permission denied"):
        write(tmp_path / "store")
    tmp_path.chmod(0o700)


def test_a_parent_that_is_a_file(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot write .*Nothing was left behind") as refused:
        write(tmp_path / "file" / "store")
    assert refused.value.exit_code == 2


def test_a_full_disk_leaves_nothing(tmp_path):
    with pytest.raises(StoreError, match="No space left on device"), new_folder(tmp_path / "s"):
        raise OSError(28, "No space left on device")
    assert names(tmp_path) == []


def test_array_of_another_type_is_written_as_float32(tmp_path):
    write_store(
        tmp_path / "s", np.eye(3, dtype=np.float64), DOCUMENTS, model=LETTERS_MODEL, metric="ip"
    )
    assert info_of(tmp_path / "s").dim == 3
