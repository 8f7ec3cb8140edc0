from __future__ import annotations

import gc
import tracemalloc

import pytest

from service.answer_cache import ENTRY_BYTES, AnswerCache
from service.packed_answers import Answer
from service.wording import normalized
from vectorstore.base import Document, Hit


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def cache(max_bytes: int = 10**6, ttl_s: float = 60, scope: tuple[str, ...] = ("a",), **given):
    return AnswerCache(max_bytes=max_bytes, ttl_s=ttl_s, scope=scope, **given)


def answer(text: str) -> Answer:
    return Answer(text, [Hit(Document("1", "größe 📦", {"topic": ["x", 1]}), 0.123456789)])


def test_nothing_is_kept_when_there_is_no_room_at_all():
    kept = cache(max_bytes=0)
    kept.put(kept.key("?", []), answer("yes"))
    assert kept.get(kept.key("?", [])) is None
    kept.missed()
    assert (kept.usage().count, kept.usage().misses) == (0, 0)


def test_an_answer_comes_back_as_it_was():
    kept = cache()
    key = kept.key("?", [])
    assert kept.get(key) is None
    kept.missed()
    kept.put(key, answer("yes"))
    assert kept.get(key) == answer("yes")
    usage = kept.usage()
    assert (usage.count, usage.hits, usage.misses) == (1, 1, 1)


@pytest.mark.parametrize(
    ("question", "history", "scope"),
    [
        pytest.param("Open?", (), ("a",), id="case"),
        pytest.param("open", (), ("a",), id="punctuation"),
        pytest.param("open?", ("x",), ("a",), id="history"),
        pytest.param("open?", (), ("b",), id="store, model or engine"),
        pytest.param("", ("open?",), ("a",), id="where one ends and the next begins"),
    ],
)
def test_what_the_key_depends_on(question, history, scope):
    assert cache(scope=scope).key(question, history) != cache().key("open?", ())


def test_white_space_and_composition_do_not_matter():
    assert normalized(" gro\u0308ße \n 42 ") == "größe 42"
    assert cache().key(" open? ", []) == cache().key("open?", [])


def test_an_answer_is_too_old_after_its_time_however_often_it_is_asked_for():
    clock = Clock()
    kept = cache(clock=clock)
    key = kept.key("?", [])
    kept.put(key, answer("yes"))
    clock.now = 59
    assert kept.get(key) is not None
    clock.now = 60
    assert kept.get(key) is None
    assert (kept.usage().count, kept.usage().bytes) == (0, 0)


def test_the_one_unused_for_longest_goes_first_and_the_bound_holds():
    kept = cache()
    kept.put(b"1", answer("a"))
    size = kept.usage().bytes
    kept = cache(max_bytes=2 * size)
    for key in (b"1", b"2"):
        kept.put(key, answer("a"))
    kept.get(b"1")
    kept.put(b"3", answer("a"))
    assert [kept.get(key) is not None for key in (b"1", b"2", b"3")] == [True, False, True]
    assert kept.usage().bytes == 2 * size
    kept.put(b"1", answer("a"))
    assert kept.usage().bytes == 2 * size


def test_an_answer_larger_than_all_the_room_is_not_kept():
    kept = cache(max_bytes=ENTRY_BYTES)
    kept.put(b"1", answer("a"))
    assert (kept.usage().count, kept.usage().bytes) == (0, 0)


def test_the_bytes_counted_are_those_taken():
    kept = cache(max_bytes=10**9)
    gc.collect()
    tracemalloc.start()
    try:
        for n in range(5000):
            kept.put(kept.key(str(n), []), answer(f"answer {n}"))
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.8 < kept.usage().bytes / taken < 1.5
