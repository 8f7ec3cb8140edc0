from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.migrate.runtime.recent_dict import RecentDict


@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda d: d["a"], id="reading"),
        pytest.param(lambda d: d.get("a"), id="get"),
        pytest.param(lambda d: "a" in d, id="in"),
        pytest.param(lambda d: d.__setitem__("a", 1), id="setting"),
        pytest.param(lambda d: d.setdefault("a", 1), id="setdefault"),
    ],
)
def test_what_counts_as_use(use):
    recent = RecentDict[str, int](most=2)
    recent["a"] = 1
    recent["b"] = 2
    use(recent)
    recent["c"] = 3
    assert list(recent.items()) == [("a", 1), ("c", 3)]


def test_as_a_defaultdict():
    histories: RecentDict[str, list[int]] = RecentDict(most=2, default=list)
    for key in "aabc":
        histories[key].append(1)
    assert dict(histories) == {"b": [1], "c": [1]}
    assert histories.get("a") is None


def test_missing_keys():
    recent = RecentDict[str, int](most=2)
    with pytest.raises(KeyError):
        recent["a"]
    with pytest.raises(KeyError):
        recent.pop("a")
    assert recent.pop("a", None) is None
    assert isinstance(recent, dict)


KEYS = st.sampled_from("abcdef")
STEPS = st.lists(
    st.tuples(st.sampled_from(["set", "get", "setdefault", "pop", "in", "read", "clear"]), KEYS)
)


@given(STEPS, st.booleans())
def test_a_dictionary_until_it_is_full(steps, default):
    ours: RecentDict[str, int] = RecentDict(most=6, default=int if default else None)
    plain: dict[str, int] = defaultdict(int) if default else {}
    for number, (step, key) in enumerate(steps):
        assert _do(ours, step, key, number) == _do(plain, step, key, number)
        assert dict(ours) == plain


@given(STEPS, st.integers(1, 5))
def test_never_more_than_that(steps, most):
    recent: RecentDict[str, int] = RecentDict(most=most)
    for number, (step, key) in enumerate(steps):
        _do(recent, step, key, number)
        assert len(recent) <= most


def _do(target: dict[str, int], step: str, key: str, number: int) -> object:
    if step == "set":
        target[key] = number
    elif step == "in":
        return key in target
    elif step == "clear":
        target.clear()
    elif step == "read":
        try:
            return target[key]
        except KeyError:
            return "missing"
    elif step == "pop":
        return target.pop(key, None)
    else:
        return getattr(target, step)(key, number)
    return None


def test_many_threads():
    recent: RecentDict[int, int] = RecentDict(most=50)

    def work(start: int) -> None:
        for number in range(2000):
            key = (start * 37 + number) % 200
            if key not in recent:
                recent[key] = number
            recent.get(key)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert len(recent) == 50
