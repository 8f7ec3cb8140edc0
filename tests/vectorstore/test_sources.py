from __future__ import annotations

import json

import pytest

from vectorstore.base import StoreError
from vectorstore.chunking import Chunker
from vectorstore.records import Columns
from vectorstore.sources import MAX_LINE, Reading, read_documents, source_files

RECORD = '{"text": "Größe"}\n'


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def ids(*sources, **options):
    return [item.id for item in read_documents(sources, Reading(**options))]


def test_a_folder_is_read_in_name_order(tmp_path):
    write(tmp_path, b_md="# H\nx", a_jsonl=RECORD, sub__c_txt="x", d_py="x", _hidden_md="x")
    write(tmp_path / "sub", a_jsonl=RECORD)
    assert ids(tmp_path) == ["a.jsonl:1", "b.md:2", "sub/a.jsonl:1", "sub/c.txt:1"]


def test_files_of_the_same_name_are_told_apart(tmp_path):
    one, two = write(tmp_path, a__x_txt="1", b__x_txt="2") / "a/x.txt", tmp_path / "b/x.txt"
    assert ids(one, two) == [f"{one.as_posix()}:1", f"{two.as_posix()}:1"]
    assert ids(one) == ["x.txt:1"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom"]
)
def test_byte_order_marks(tmp_path, encoding):
    name = encoding.removesuffix("-bom")
    mark = "\ufeff" if encoding.endswith("-bom") else ""
    write(tmp_path, a_jsonl=(mark + RECORD * 2).encode(name))
    documents = list(read_documents([tmp_path / "a.jsonl"]))
    assert [(item.id, item.text) for item in documents] == [
        ("a.jsonl:1", "Größe"),
        ("a.jsonl:2", "Größe"),
    ]


def test_another_encoding_is_taken_when_told(tmp_path):
    write(tmp_path, a_csv="text\nGröße\n".encode("cp1252"))
    with pytest.raises(StoreError, match=r"a.csv is not utf-8 \(line 2\).*--encoding cp1252"):
        ids(tmp_path)
    assert next(read_documents([tmp_path], Reading(encoding="cp1252"))).text == "Größe"


def test_all_options_reach_their_readers(tmp_path):
    write(tmp_path, a_csv="q,a\nx,y\n", b_txt="one two", c_md="one two")
    reading = Reading(Columns("q", "a"), chunker=Chunker(1, 0))
    texts = [item.text for item in read_documents([tmp_path], reading)]
    assert texts == ["x\ny", "one", "two", "one", "two"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("no.txt", "there is no file", id="missing"),
        pytest.param("a.json", r"jq -c '.\[\]' a.json > a.jsonl", id="json"),
        pytest.param("a.docx", "choose one of .csv, .htm, .html, .jsonl", id="docx"),
        pytest.param("empty", "holds no file of a known kind", id="empty folder"),
    ],
)
def test_other_sources_say_what_to_do(tmp_path, name, message):
    write(tmp_path, a_json="[]", a_docx="x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(StoreError, match=message):
        source_files([tmp_path / name])


def test_reading_streams(tmp_path):
    write(tmp_path, a_jsonl=RECORD + "not JSON\n")
    documents = read_documents([tmp_path / "a.jsonl"])
    assert next(documents).id == "a.jsonl:1"
    with pytest.raises(StoreError, match="a.jsonl line 2"):
        next(documents)


def test_an_endless_line_is_refused(tmp_path):
    write(tmp_path, a_jsonl=json.dumps({"text": "x" * MAX_LINE}))
    with pytest.raises(StoreError, match="a.jsonl line 1 is longer than 16 MiB"):
        ids(tmp_path)
