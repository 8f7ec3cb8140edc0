from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest

from service.answer_cache import AnswerCache
from service.packed_answers import Answer
from service.similar import Asked
from service.wording import wording
from tests.service.helpers import MODEL, running
from tools.limits import upstream as local_upstream
from vectorstore.onnx_embeddings import OnnxEmbeddings


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("Where is my parcel?", "where my parcel", id="fillers"),
        pytest.param("Where's  my PARCEL ?", "where my PARCEL", id="capitals stay"),
        pytest.param("where’s my parcel", "where my parcel", id="a bent apostrophe"),
        pytest.param("Please, how do I pay?", "how i pay", id="please"),
        pytest.param("Can I pay?", "can i pay", id="the first word stays"),
        pytest.param("Do you not ship to the US?", "do you not ship to US", id="negation stays"),
        pytest.param("Don't you ship?", "don't you ship", id="also a short one"),
        pytest.param("Over 10.5 or 10,5 %?", "over 10.5 or 10,5 %", id="numbers stay"),
        pytest.param("Is C++ or C# taught?", "is C++ or C# taught", id="signs stay"),
        pytest.param("What is vitamin A for?", "what vitamin A for", id="A as a name"),
        pytest.param("A plan for a year?", "a plan for year", id="A at the beginning"),
        pytest.param("How could I pay?", "how can i pay", id="can stays"),
        pytest.param("?!", "", id="no words"),
        pytest.param("Gro\u0308ße „M“?", "größe m", id="composed, quoted"),
    ],
)
def test_the_words_that_matter(question, words):
    assert wording(question) == words


SAME = [
    ("When do you open?", "when do you open"),
    ("How long does delivery take?", "How long does the delivery take?"),
    ("How could I change my address?", "How can I change my address?"),
    ("Where is my parcel?", "Where's my parcel?"),
    ("What is your return policy?", "What's your return policy"),
    ("Can I pay with PayPal?", "can i pay with the paypal"),
]
OTHERS = [
    ("Can I cancel my order before it ships?", "Can I cancel my order after it ships?"),
    ("Can I return worn shoes?", "Can I not return worn shoes?"),
    ("Is it safe for children?", "Is it unsafe for children?"),
    ("Where is order 1234?", "Where is order 1235?"),
    ("Is A better than B?", "Is B better than A?"),
    ("Do you ship to US?", "Do you ship to us?"),
    ("Can I pay for the return?", "Do I pay for the return?"),
    ("How long can I wait for a refund?", "How long do I wait for a refund?"),
    ("What is vitamin A good for?", "What is a vitamin good for?"),
    ("What does plan A cost?", "What does a plan cost?"),
    ("Is the price with tax?", "Is the price without tax?"),
    (
        "Can I still get my parcel at home on Saturday morning?",
        "Can I still get my parcel at home on Sunday morning?",
    ),
]


@pytest.fixture(scope="module")
def embedder():
    return OnnxEmbeddings(MODEL)


def asked(embedder: OnnxEmbeddings, question: str) -> Asked:
    return Asked(wording(question), np.asarray(embedder.embed_query(question), dtype=np.float32))


def cache(max_bytes: int = 10**6, similarity: float | None = 0.95) -> AnswerCache:
    return AnswerCache(max_bytes=max_bytes, ttl_s=60, scope=[], similarity=similarity)


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [(*pair, True) for pair in SAME] + [(*pair, False) for pair in OTHERS],
)
def test_questions_that_share_an_answer(embedder, first, second, shared):
    kept = cache()
    kept.put(b"1", Answer("At nine.", []), asked(embedder, first))
    assert kept.similar(asked(embedder, second)) == (Answer("At nine.", []) if shared else None)


def test_the_same_words_are_not_enough(embedder):
    kept = cache(similarity=0.95)
    one = asked(embedder, "When do you open?")
    kept.put(b"1", Answer("At nine.", []), one)
    assert kept.similar(Asked(one.words, -one.vector)) is None
    assert kept.similar(Asked(one.words)) is None


def vector(number: int) -> np.ndarray:
    return np.eye(1, 384, number, dtype=np.float32)[0]


def test_what_goes_from_the_cache_is_not_found_any_more():
    kept = cache()
    kept.put(b"1", Answer("one", []), Asked("one", vector(1)))
    kept.put(b"2", Answer("newer", []), Asked("one", vector(1)))
    assert kept.similar(Asked("one", vector(1))) == Answer("newer", [])
    kept.put(b"2", Answer("other", []))
    assert kept.similar(Asked("one", vector(1))) is None
    kept.put(b"3", Answer("three", []), Asked("three", vector(3)))
    kept.clear()
    assert kept.similar(Asked("three", vector(3))) is None
    assert kept.usage().bytes == 0


def test_the_bytes_that_are_counted_are_those_that_it_takes():
    kept = cache(max_bytes=2 * 10**6)
    gc.collect()
    tracemalloc.start()
    for number in range(3000):
        words = f"question {number}"
        kept.put(b"%32d" % number, Answer("yes", []), Asked(words, vector(number % 384).copy()))
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    usage = kept.usage()
    assert 300 < usage.count < 1500
    assert usage.bytes <= 2 * 10**6
    assert taken < 1.1 * usage.bytes
    assert len(kept._similar._known) == usage.count


def test_a_first_question_gets_the_answer_of_a_similar_one(tmp_path):
    settings = {"LLM_API_KEY": "k", "CACHE_SIMILARITY": "0.95"}
    with (
        local_upstream() as local,
        running(tmp_path, LLM_BASE_URL=local.base_url, **settings) as service,
    ):
        first = service.chat("How can I change my address?").json()
        response = service.chat("how could i change my address")
        assert "search;" not in response.headers["server-timing"]
        second = response.json()
        assert (first["cached"], second["cached"]) == (False, True)
        assert (second["answer"], second["sources"]) == (first["answer"], first["sources"])
        events = service.stream("How could I change my address?")
        assert [name for name, _ in events] == ["sources", "token", "done"]
        assert (events[-1][1]["cached"], events[-1][1]["answer"]) == (True, first["answer"])
        assert local.count() == 1
        # After a conversation the same words may mean something else.
        assert not service.chat("how can I change my address", second["session_id"]).json()[
            "cached"
        ]
        assert not service.chat("How can I change my name?").json()["cached"]
        results = ("hit", "similar", "miss")
        counts = [service.metric(f'fit512_cache_requests_total{{result="{r}"}}') for r in results]
        assert counts == [0, 2, 3]
        sampled = {"messages": [{"role": "user", "content": "how can I change my address"}]}
        before = local.count()
        reply = service.client.post("/v1/chat/completions", json={**sampled, "temperature": 1})
        assert (reply.status_code, local.count()) == (200, before + 1)
        service.client.post("/v1/chat/completions", json=sampled)
        assert local.count() == before + 1


def test_without_the_setting_only_the_same_question_is_answered_from_the_cache(tmp_path):
    with (
        local_upstream() as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
    ):
        service.chat("How do I change my address?")
        assert not service.chat("How can I change my address?").json()["cached"]
