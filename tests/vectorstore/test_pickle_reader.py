"""No pickle may do anything: it gives plain data, or a StoreError."""

from __future__ import annotations

import builtins
import configparser
import datetime
import functools
import os
import pickle
import pickletools
import random
import struct
from collections import OrderedDict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectorstore.helpers import docstore, langchain_document
from vectorstore.base import StoreError
from vectorstore.langchain_folder import DOCSTORES, DOCUMENTS
from vectorstore.pickle_reader import Instance, Name, read_pickle

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner, max_size=5)
        | st.frozensets(st.text(), max_size=5)
        | st.sets(st.integers(), max_size=5)
    ),
    max_leaves=20,
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("pickle") / "index.pkl"


def load(path, data):
    path.write_bytes(data)
    return read_pickle(path, DOCSTORES | DOCUMENTS)


@given(value=PLAIN, protocol=st.integers(3, pickle.HIGHEST_PROTOCOL))
def test_plain_data_is_read_as_pickle_reads_it(path, value, protocol):
    read = load(path, pickle.dumps(value, protocol))
    assert read == value
    assert type(read) is type(value) or isinstance(value, frozenset)


@pytest.mark.parametrize("protocol", [0, 1, 2])
def test_old_protocols(path, protocol):
    value = {
        "a": [1, 2.5, None, True, False, (1, 2), (), "ü", 2**70],
        "b": {"x": {}},
        3: (1, 2, 3, 4),
    }
    assert load(path, pickle.dumps(value, protocol)) == value


def test_langchain_objects_become_inert(path):
    stored, ids = load(path, pickle.dumps((docstore({"a": langchain_document("x")}), {0: "a"})))
    assert isinstance(stored, Instance)
    assert stored.stands_for == "langchain_community.docstore.in_memory.InMemoryDocstore"
    assert stored.state["_dict"]["a"].state["__dict__"]["page_content"] == "x"
    assert ids == {0: "a"}


class Calls:
    def __init__(self, function, *arguments):
        self.reduced = (function, arguments)

    def __reduce__(self):
        return self.reduced


TRAP = Path("/tmp/fit512-must-never-exist")


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize(
    ("value", "name"),
    [
        pytest.param(Calls(os.system, f"touch {TRAP}"), "posix.system", id="os.system"),
        pytest.param(Calls(eval, "1/0"), "eval", id="eval"),
        pytest.param(Calls(builtins.getattr, "", "upper"), "getattr", id="getattr"),
        pytest.param(functools.partial(os.mkdir, str(TRAP)), "functools.partial", id="partial"),
        pytest.param(
            configparser.ConfigParser(),
            r"names (configparser|ConfigParser).ConfigParser|copy_reg._reconstructor",
            id="configparser",
        ),
        pytest.param(Calls(__import__, "this"), "__import__", id="import"),
        pytest.param(datetime.date(2024, 1, 1), "datetime.date", id="date"),
        pytest.param(OrderedDict(a=1), "collections.OrderedDict", id="OrderedDict"),
        pytest.param(os.system, "posix.system", id="only named"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="os.system is nt.system there")
def test_whatever_is_called_is_refused_by_name(path, value, name, protocol):
    with pytest.raises(StoreError, match=name) as refused:
        load(path, pickle.dumps({"deep": [value]}, protocol))
    assert "not executed" in str(refused.value)
    assert refused.value.exit_code == 1
    assert not TRAP.exists()


def test_the_document_that_holds_it_is_named(path):
    documents = {
        "good": langchain_document("x", page=1),
        "bad-one": langchain_document("x", page=2, made=datetime.date(2024, 1, 1)),
    }
    with pytest.raises(StoreError, match=r"names datetime.date \(in document 'bad-one'\)"):
        load(path, pickle.dumps((docstore(documents), {0: "good", 1: "bad-one"})))


def short(text):
    return b"\x8c" + bytes([len(text)]) + text.encode()


ALLOWED = short("langchain_core.documents.base") + short("Document") + b"\x93"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "cannot mmap an empty file", id="empty"),
        pytest.param(b"hello", "damaged", id="text"),
        pytest.param(b"\x80\x04N", "no pickle, or a damaged one", id="no end"),
        pytest.param(b"\x80\x04.", "damaged", id="nothing on the stack"),
        pytest.param(b"\x80\x04]\x94h\x05.", "damaged", id="memo that is not there"),
        pytest.param(b"Nr\xff\xff\xff\xff.", None, id="memo at 4 billion"),
        pytest.param(
            b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"x.", "damaged", id="a terabyte"
        ),
        pytest.param(b"cos\nsystem\n(S'id'\ntR.", "names os.system", id="protocol 0"),
        pytest.param(b"(S'id'\nios\nsystem\n.", "pickle step STRING", id="INST"),
        pytest.param(b"(ios\nsystem\n.", "pickle step INST", id="INST without arguments"),
        pytest.param(b"S'\\-'\n.", "pickle step STRING", id="escape that Python 3 warns about"),
        pytest.param(b"Pid\n.", "pickle step PERSID", id="persistent id"),
        pytest.param(b"NQ.", "pickle step BINPERSID", id="binary persistent id"),
        pytest.param(b"\x82\x01.", "pickle step EXT1", id="extension registry"),
        pytest.param(b"\x80\x05\x97.", "pickle step NEXT_BUFFER", id="out-of-band buffer"),
        pytest.param(b"\x80\x04NN\x93.", "a name is no text", id="name that is no text"),
        pytest.param(b"\x80\x04])R.", "calls a value of class list", id="call of a list"),
        pytest.param(ALLOWED + b")\x81)R.", "calls an object", id="call of an object"),
        pytest.param(ALLOWED + b"}b.", "expects an object", id="state for a class"),
        pytest.param(b"}(]Nu.", "key of class list", id="list as key"),
        pytest.param(b"})Ns.", "key of class tuple", id="tuple as key"),
        pytest.param(b"\x8f(" + b")" + b"\x85" * 200_000 + b"\x90.", "class tuple", id="deep key"),
        pytest.param(b"}(Nu.", "a key has no value", id="odd pairs"),
        pytest.param(b"]Na]u.", "damaged", id="no mark"),
        pytest.param(b"NNa.", "expects a value of class list", id="append to nothing"),
        pytest.param(b"I1\nI2\nI9" + b"9" * 5000 + b"\n.", "damaged", id="long number"),
    ],
)
def test_damaged_and_hostile_pickles(path, data, message):
    if message is None:
        load(path, data)
        return
    with pytest.raises(StoreError, match=message) as refused:
        load(path, data)
    assert str(path) in str(refused.value)
    assert len(str(refused.value)) < 700


def test_missing_file_cannot_be_read(tmp_path):
    with pytest.raises(StoreError, match="No such file") as refused:
        read_pickle(tmp_path / "index.pkl", ())
    assert refused.value.exit_code == 2


REAL = pickle.dumps(
    (docstore({f"id-{at}": langchain_document("text", page=at) for at in range(3)}), {0: "id-0"})
)
OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes]


def inert(value):
    """Whether only plain data and stand-ins come out; without recursion."""
    todo, seen = [value], set()
    while todo:
        item = todo.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, dict):
            todo += [*item.keys(), *item.values()]
        elif isinstance(item, (list, tuple, set, frozenset)):
            todo += item
        elif isinstance(item, Instance):
            todo.append(item.state)
        elif type(item) not in (str, bytes, int, float, bool, type(None), Name):
            return False
    return True


@settings(max_examples=300)
@given(
    data=st.binary(max_size=60)
    | st.lists(st.sampled_from(OPCODES) | st.binary(max_size=3), max_size=40).map(b"".join)
    | st.builds(
        lambda seed, count: mutated(random.Random(seed), count), st.integers(), st.integers(1, 4)
    )
)
def test_random_pickles_give_plain_data_or_a_store_error(path, data):
    try:
        value = load(path, data + b".")
    except StoreError:
        return
    assert inert(value)


def mutated(source, count):
    data = bytearray(REAL)
    for _ in range(count):
        at = source.randrange(len(data))
        match source.randrange(3):
            case 0:
                data[at] = source.randrange(256)
            case 1:
                del data[at : at + source.randrange(1, 30)]
            case _:
                data[at:at] = source.choice(OPCODES)
    return bytes(data)
