"""Whatever stands around what is edited comes back byte for byte."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.migrate.helpers import model_folder, path
from tools.migrate.project import Project
from tools.migrate.registry import RULES
from tools.migrate.settings import Settings

LEGACY = [
    "from langchain.memory import ConversationBufferMemory",
    "from langchain_huggingface import HuggingFaceEmbeddings",
    "from langchain_community.vectorstores import FAISS",
    "from langchain_openai import ChatOpenAI",
    "from langchain.chains import ConversationalRetrievalChain",
    "e = HuggingFaceEmbeddings(model_name='all-MiniLM-L6-v2')",
    "db = FAISS.load_local('s', e, allow_dangerous_deserialization=True)",
    "llm = ChatOpenAI(model='m')",
    "c = ConversationalRetrievalChain.from_llm(llm, memory=ConversationBufferMemory(), verbose=True)",
]
CONVERTED = [
    "from fit512_runtime.window_memory import WindowMemory",
    "from fit512_runtime.onnx_embeddings import OnnxEmbeddings",
    "from fit512_runtime.langchain_store import load_local",
    "from langchain_openai import ChatOpenAI",
    "from langchain_classic.chains import ConversationalRetrievalChain",
    "e = OnnxEmbeddings('models/all-MiniLM-L6-v2')",
    "db = load_local('s', e)",
    "llm = ChatOpenAI(model='m', request_timeout=30)",
    "c = ConversationalRetrievalChain.from_llm(llm, memory=WindowMemory(k=5), verbose=False)",
]
# Statements as people write them, each on lines of its own; "\n" stands for the line ending.
STATEMENTS = [
    "x = 1",
    "x  =  [1,\n\n   2,  # two\n ]",
    "def f(a, *, b = None) :\n\treturn  a",
    "class  A ( object ) :\n  '''HuggingFaceEmbeddings()'''\n  y = {'k':1,}",
    's = """\n  ConversationBufferMemory(\n\\\n"""',
    "t = x if x else \\\n    2",
    "if x :\n    pass\nelse :\n        x=2 ; y=3",
    "try:\n  x\nexcept (KeyError, OSError) as error: raise",
    "z = f'{x!r:>{10}} verbose=True'",
    "# from langchain.memory import ConversationBufferMemory\n# m = ConversationBufferMemory()",
    "print(  'request_timeout' , sep = '' )",
    "@ property\ndef g(self)->int: ...",
    "lambda x: (yield)",
    "x: int = 0x_FF if True else 1_000j",
    "assert x , 'é💬'",
    "",
    "   ",
    "\x0c",
]
COMMENTS = st.text(
    st.characters(
        exclude_categories=["Cs", "Cc"], exclude_characters="\r\n\x0b\x0c\x85\u2028\u2029"
    ),
    max_size=20,
).map(lambda text: f"# {text}")
NEWLINES = st.sampled_from(["\n", "\r\n"])
LINES = st.lists(st.tuples(st.sampled_from(STATEMENTS) | COMMENTS, NEWLINES), max_size=12)


def rendered(lines: list[tuple[str, str]]) -> str:
    return "".join(text.replace("\n", newline) + newline for text, newline in lines)


def converted(data: bytes) -> bytes:
    """The file after all rules that edit code."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repo"
        root.mkdir()
        (root / "app.py").write_bytes(data)
        project = Project.open(root)
        choices = Settings(model_folder=model_folder(Path(folder) / "model"))
        for rule in RULES:
            if rule.ID != "requirements":
                rule.apply(project, choices)
        return project.read(path("app.py"))


@settings(max_examples=25)
@given(LINES, st.booleans(), st.booleans())
def test_where_nothing_applies_every_byte_stays(lines, bom, last_newline):
    text = rendered(lines)
    data = (b"\xef\xbb\xbf" if bom else b"") + (
        text if last_newline else text.rstrip("\r\n")
    ).encode()
    assert converted(data) == data


@settings(max_examples=25)
@given(LINES, LINES, NEWLINES, st.booleans(), st.sampled_from(["", "\n", "\r\n", "  # end"]))
def test_around_an_edit_every_byte_stays(before, after, newline, bom, last):
    head, tail = rendered(before), rendered(after) + f"last = 1{last}"
    mark = b"\xef\xbb\xbf" if bom else b""
    source = head + newline.join(LEGACY) + newline + tail
    expected = head + newline.join(CONVERTED) + newline + tail
    assert converted(mark + source.encode()) == mark + expected.encode()


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-8"])
def test_the_coding_line_decides(encoding):
    head = f"# -*- coding: {encoding} -*-\n# café\n"
    source = head + "\n".join(LEGACY)
    expected = head + "\n".join(CONVERTED)
    assert converted(source.encode(encoding)) == expected.encode(encoding)
