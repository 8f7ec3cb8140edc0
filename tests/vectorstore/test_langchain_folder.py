from __future__ import annotations

import contextlib
import io
import pickle
import subprocess
import sys

import faiss
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectorstore.helpers import (
    DOCUMENTS,
    TEXTS,
    docstore,
    langchain_document,
    save_by_hand,
    save_langchain,
    vectors,
)
from vectorstore.base import Document, StoreError
from vectorstore.langchain_folder import check_langchain_folder

IDS = {0: "a", 1: "b", 2: "c"}


def stored(**changed):
    return docstore(dict(zip("abc", map(langchain_document, TEXTS), strict=True)) | changed)


def test_reads_what_langchain_wrote(tmp_path):
    folder = save_langchain(tmp_path / "store")
    checked = check_langchain_folder(folder)
    assert (checked.kind, checked.dim, checked.count, checked.metric) == ("flat", 27, 3, "l2")
    assert checked.ids == ["id-0", "id-1", "id-2"]
    assert list(checked.documents()) == DOCUMENTS


def test_another_index_name(tmp_path):
    folder = save_langchain(tmp_path)
    for suffix in ("faiss", "pkl"):
        (folder / f"index.{suffix}").rename(folder / f"my.docs.{suffix}")
    assert check_langchain_folder(folder, "my.docs").count == 3


def test_positions_decide_the_order_not_the_docstore(tmp_path):
    folder = save_by_hand(tmp_path, (stored(), {2: "a", 0: "c", 1: "b"}))
    assert [item.id for item in check_langchain_folder(folder).documents()] == ["c", "b", "a"]


def test_an_empty_store(tmp_path):
    folder = save_by_hand(tmp_path, (docstore({}), {}))
    faiss.write_index(faiss.IndexFlatL2(8), str(folder / "index.faiss"))
    checked = check_langchain_folder(folder)
    assert (checked.count, checked.dim, list(checked.documents())) == (0, 8, [])


class Named:
    """Pickled as an object of any class, without that class: as old LangChain versions did."""

    def __init__(self, full, state):
        self.full, self.state = full, state


class OldPickler(pickle._Pickler):
    """Writes `Named` as a global name, an empty tuple, NEWOBJ, state, BUILD."""

    def save(self, obj, save_persistent_id=True):
        if not isinstance(obj, Named):
            return super().save(obj, save_persistent_id)
        module, name = obj.full.rsplit(".", 1)
        self.write(b"c" + module.encode() + b"\n" + name.encode() + b"\n)\x81")
        super().save(obj.state)
        self.write(b"b")


def old_pickle(value, protocol):
    file = io.BytesIO()
    OldPickler(file, protocol).dump(value)
    return file.getvalue()


PYDANTIC_1 = {
    "__dict__": {"page_content": "x", "metadata": {"page": 1}},
    "__fields_set__": {"page_content"},
    "__private_attribute_values__": {},
}
OLDEST = {
    "__dict__": {"page_content": "x", "lookup_str": "", "lookup_index": 0, "metadata": {"page": 1}},
    "__fields_set__": {"page_content"},
}
PLAIN = {"page_content": "x", "metadata": {"page": 1}}


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize(
    ("store", "document", "state"),
    [
        pytest.param(
            "langchain.docstore.in_memory", "langchain.docstore.document", OLDEST, id="0.0.50"
        ),
        pytest.param("langchain.docstore.in_memory", "langchain.schema", PYDANTIC_1, id="0.0.200"),
        pytest.param(
            "langchain.docstore.in_memory", "langchain.schema.document", PYDANTIC_1, id="0.0.300"
        ),
        pytest.param(
            "langchain_community.docstore.in_memory",
            "langchain_core.documents.base",
            PYDANTIC_1,
            id="0.1",
        ),
        pytest.param(
            "langchain_community.docstore.in_memory", "langchain_core.documents", PLAIN, id="plain"
        ),
    ],
)
def test_old_module_paths_and_states(tmp_path, store, document, state, protocol):
    inside = Named(
        f"{store}.InMemoryDocstore", {"_dict": {"a": Named(f"{document}.Document", state)}}
    )
    folder = save_by_hand(tmp_path, old_pickle((inside, {0: "a"}), protocol), ["x"])
    assert list(check_langchain_folder(folder).documents()) == [Document("a", "x", {"page": 1})]


@pytest.mark.parametrize(
    ("pickled", "message"),
    [
        pytest.param((stored(), {0: "a", 1: "b"}), "3 vectors, index.pkl lists 2", id="id too few"),
        pytest.param((stored(), IDS | {3: "d"}), "3 vectors, index.pkl lists 4", id="id too many"),
        pytest.param(
            (stored(), {0: "a", 1: "b", 3: "c"}), "no document for vector 2", id="position missing"
        ),
        pytest.param(
            (stored(), {0: "a", 1: "b", 2: "x"}),
            r"no document with the id 'x' \(vector 2\)",
            id="id",
        ),
        pytest.param((stored(), {0: "a", 1: "b", 2: "b"}), "vectors 1 and 2 share", id="id twice"),
        pytest.param((stored(), {0: "a", 1: "b", 2: 7}), "vector 2 is a int", id="id a number"),
        pytest.param(
            (stored(d=langchain_document("x")), IDS), "4 documents for 3 vectors", id="orphan"
        ),
        pytest.param((stored(b="text"), IDS), "document 'b' is a str", id="text for a document"),
        pytest.param(
            (stored(b=stored()), IDS), "'b' is a .*InMemoryDocstore", id="a docstore in it"
        ),
        pytest.param(
            (stored(b=langchain_document("x", tags={"t"})), IDS),
            r"document 'b': metadata\['tags'\] is a set",
            id="set in metadata",
        ),
        pytest.param(
            (stored(b=langchain_document("x", raw=b"1")), IDS),
            r"document 'b': metadata\['raw'\] is a bytes",
            id="bytes in metadata",
        ),
        pytest.param({"a": 1}, "holds a dict, not LangChain's", id="a dict"),
        pytest.param((IDS, stored()), "holds \\(dict, langchain_community", id="wrong way round"),
        pytest.param(([1], stored(), 3), "holds \\(list, ", id="three things"),
        pytest.param(b"garbage", "no pickle, or a damaged one", id="garbage"),
        pytest.param(pickle.dumps((stored(), IDS))[:-40], "damaged one", id="cut short"),
    ],
)
def test_refused_by_name(tmp_path, pickled, message):
    with pytest.raises(StoreError, match=message) as refused:
        check_langchain_folder(save_by_hand(tmp_path, pickled))
    assert refused.value.exit_code == 1


def test_document_without_text(tmp_path):
    state = {"__dict__": {"metadata": {}}}
    bare = Named("langchain.schema.Document", state)
    inside = Named("langchain.docstore.in_memory.InMemoryDocstore", {"_dict": {"a": bare}})
    folder = save_by_hand(tmp_path, old_pickle((inside, {0: "a"}), 4), ["x"])
    with pytest.raises(StoreError, match="document 'a' has no text, or no metadata"):
        check_langchain_folder(folder)


@pytest.mark.parametrize("missing", ["index.faiss", "index.pkl"])
def test_no_such_folder_or_file(tmp_path, missing):
    folder = save_langchain(tmp_path)
    (folder / missing).unlink()
    with pytest.raises(StoreError, match=f"it has no {missing}") as refused:
        check_langchain_folder(folder)
    assert refused.value.exit_code == 2


def test_an_index_of_another_kind_is_named(tmp_path):
    folder = save_langchain(tmp_path)
    index = faiss.IndexLSH(27, 54)
    index.add(vectors(TEXTS))
    faiss.write_index(index, str(folder / "index.faiss"))
    with pytest.raises(StoreError, match="IndexLSH"):
        check_langchain_folder(folder)


GOOD = pickle.dumps((stored(), IDS))


@settings(max_examples=200)
@given(data=st.data())
def test_any_damage_gives_documents_or_a_store_error(tmp_path_factory, data):
    at = data.draw(st.integers(0, len(GOOD) - 1))
    damaged = (
        GOOD[:at] + data.draw(st.binary(max_size=4)) + GOOD[at + data.draw(st.integers(0, 4)) :]
    )
    folder = save_by_hand(tmp_path_factory.getbasetemp() / "damaged", damaged)
    with contextlib.suppress(StoreError):
        assert len(list(check_langchain_folder(folder).documents())) == 3


def test_works_without_langchain(tmp_path):
    folder = save_langchain(tmp_path)
    program = (
        "import sys; from pathlib import Path;"
        " from vectorstore.langchain_folder import check_langchain_folder;"
        f" assert check_langchain_folder(Path({str(folder)!r})).count == 3;"
        " print([name for name in sys.modules if name.startswith(('langchain', 'faiss', 'pydantic'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
