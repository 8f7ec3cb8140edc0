from __future__ import annotations

import pickle
from collections import OrderedDict, defaultdict
from concurrent.futures import ThreadPoolExecutor
from copy import copy, deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.migrate.runtime import session_dict
from tools.migrate.runtime.session_dict import SessionDict

keys = st.sampled_from("abcde")
steps = st.lists(
    st.one_of(
        st.tuples(st.just("set"), keys, st.integers()),
        st.tuples(st.just("setdefault"), keys, st.integers()),
        st.tuples(st.sampled_from(["get", "in", "pop"]), keys),
        st.tuples(st.sampled_from(["len", "clear", "keys"])),
    ),
    max_size=30,
)


def do(store: Any, step: tuple[Any, ...]) -> Any:
    name, *args = step
    if name == "set":
        store[args[0]] = args[1]
    elif name == "in":
        return args[0] in store
    elif name == "len":
        return len(store)
    elif name == "pop":
        return store.pop(args[0], None)
    elif name == "keys":
        return sorted(store.keys())
    else:
        return getattr(store, name)(*args)


@given(steps)
def test_a_dict_as_long_as_it_is_small(operations: list[tuple[Any, ...]]) -> None:
    ours: Any = SessionDict()
    theirs: Any = {}
    for step in operations:
        assert do(ours, step) == do(theirs, step)
        assert dict(ours) == theirs


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A SessionDict that is full with a and b."""
    monkeypatch.setattr(session_dict, "MAX_SESSIONS", 2)
    store: Any = SessionDict()
    store["a"], store["b"] = 1, 2
    return store


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda store: store["a"], id="looked up"),
        pytest.param(lambda store: store.get("a"), id="get"),
        pytest.param(lambda store: "a" in store, id="asked for"),
        pytest.param(lambda store: store.setdefault("a", 0), id="setdefault"),
        pytest.param(lambda store: store.__setitem__("a", 3), id="set again"),
    ],
)
def test_what_is_used_stays(two: Any, use: Any) -> None:
    use(two)
    two["c"] = 3
    assert list(two) == ["a", "c"]


def test_the_longest_unused_goes(two: Any) -> None:
    two.setdefault("c", 3)
    assert dict(two) == {"b": 2, "c": 3}


def test_a_default_is_made_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_dict, "MAX_SESSIONS", 2)
    store: Any = SessionDict(list)
    for key in "abcb":
        store[key].append(key)
    assert dict(store) == {"c": ["c"], "b": ["b", "b"]}
    assert defaultdict(list, store) == store


def test_no_default() -> None:
    with pytest.raises(KeyError, match="a"):
        SessionDict()["a"]
    assert isinstance(SessionDict(), OrderedDict)


@pytest.mark.parametrize(
    "copied",
    [copy, deepcopy, lambda store: store.copy(), lambda store: pickle.loads(pickle.dumps(store))],
)
def test_a_copy(copied: Any) -> None:
    store: Any = SessionDict(list)
    store["a"].append(1)
    other = copied(store)
    other["b"].append(2)
    assert dict(store) == {"a": [1]}
    assert dict(other) == {"a": [1], "b": [2]}


def test_many_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session_dict, "MAX_SESSIONS", 5)
    store: Any = SessionDict(list)

    def visit(number: int) -> None:
        key = number % 9
        if key not in store:
            store[key] = [key]
        assert store.get(key, [key]) == [key]

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(visit, range(4000)))
    assert len(store) == 5
