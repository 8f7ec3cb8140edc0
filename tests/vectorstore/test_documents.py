from __future__ import annotations

import sqlite3
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectorstore.helpers import DOCUMENTS
from vectorstore.base import Document, StoreError
from vectorstore.documents import Documents, DocumentsWriter

TEXT = st.text(max_size=20)
LISTS = st.lists(
    st.builds(Document, TEXT, TEXT, st.dictionaries(TEXT, TEXT, max_size=2)),
    max_size=5,
    unique_by=lambda document: document.id,
)


def write(path, documents=DOCUMENTS):
    with DocumentsWriter(path) as writer:
        writer.extend(documents)
    return path


@given(documents=LISTS)
def test_what_was_written_is_read(tmp_path_factory, documents):
    store = Documents(write(tmp_path_factory.mktemp("documents") / "a #?%20.sqlite", documents))
    assert store.count == len(documents)
    assert list(store) == documents
    assert store.at(range(len(documents))[::-1]) == documents[::-1]
    store.close()


def test_schema_is_the_published_one(tmp_path):
    with sqlite3.connect(write(tmp_path / "d.sqlite")) as connection:
        rows = connection.execute("SELECT position, id, text, metadata FROM documents").fetchall()
    connection.close()
    assert rows[1] == (1, "id-1", "How do I pay?", '{"page": 1}')


def test_same_documents_give_the_same_file(tmp_path):
    first, second = (write(tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_reading_writes_nothing(tmp_path):
    path = write(tmp_path / "d.sqlite")
    path.chmod(0o444)
    store = Documents(path)
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        store._connection.execute("DELETE FROM documents")
    store.close()
    assert [item.name for item in tmp_path.iterdir()] == ["d.sqlite"]


def test_an_id_used_twice_is_refused_with_both(tmp_path):
    with pytest.raises(
        StoreError, match="id 'id-0': number 1 .'Where is my parcel.'. and number 3"
    ):
        write(tmp_path / "d.sqlite", [*DOCUMENTS[:2], Document("id-0", "Again", {})])


def test_broken_text_is_refused_by_id(tmp_path):
    with pytest.raises(StoreError, match="'id-9' holds half of a surrogate pair"):
        write(tmp_path / "d.sqlite", [Document("id-9", "\udc80", {})])


def test_a_missing_document_is_named(tmp_path):
    store = Documents(write(tmp_path / "d.sqlite"))
    with pytest.raises(StoreError, match="no document for vector 3"):
        store.at([0, 3])
    store.close()


@pytest.mark.parametrize("content", [b"garbage" * 1000, b""], ids=["garbage", "empty"])
def test_no_database_cannot_be_read(tmp_path, content):
    path = tmp_path / "d.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="cannot read the documents in .*d.sqlite") as refused:
        Documents(path)
    assert refused.value.exit_code == 2


def test_a_missing_file_cannot_be_read(tmp_path):
    with pytest.raises(StoreError, match="cannot read the documents in"):
        Documents(tmp_path / "d.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_many_threads_read_at_once(tmp_path):
    store = Documents(write(tmp_path / "d.sqlite"))
    wrong: list[object] = []

    def read() -> None:
        for at in range(300):
            if store.at([at % 3]) != [DOCUMENTS[at % 3]]:
                wrong.append(at)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()
    assert wrong == []
