from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing, suppress
from typing import Any

import pytest

from service.answer_cache import AnswerCache
from service.answers import UpstreamError
from service.config import Settings
from service.engine import Engine
from service.langchain_engine import ChainEngine
from service.langchain_load import load
from service.memory_sessions import MemorySessions
from service.retriever import Retriever
from service.sessions import Turn
from service.turn_events import Done, Sources, Token
from service.upstream import Upstream
from tests.service import test_upstream
from tests.service.test_upstream import EVENTS, WITH_USAGE, response
from tools.limits import upstream as local_upstream
from vectorstore.commandline import CommandError

TALK = [
    ("a", "Do you take PayPal?"),
    ("b", "How much is shipping?"),
    ("a", "And Visa?"),
    ("b", "And express?"),
    *(
        ("a", f"What about {what}?")
        for what in ("returns", "sizes", "{braces}", "gifts", "repairs")
    ),
    ("c", "Where is my order?"),
    ("a", "How long does that take?"),
]

scripted = test_upstream.scripted


def settings(base_url: str, **given: Any) -> Settings:
    usual = {"chat_engine": "langchain", "llm_api_key": "sk-secret", "memory_turns": 3}
    return Settings(**{**usual, "llm_base_url": base_url, **given})


class Both:
    """The lean engine and the chain, each with sessions of its own, over one upstream."""

    def __init__(self, embedder: Any, store: Any, base_url: str, **given: Any) -> None:
        chosen = settings(base_url, **given)
        loaded = load(chosen, embedder, store)
        lean = Retriever(embedder, store, top_k=chosen.top_k)
        upstream = Upstream.of(chosen, chosen.llm_key)
        bound = {"max_in_flight": 8}
        self.lean = Engine(lean, upstream, sessions(chosen), no_cache(), **bound)
        self.chain = ChainEngine(loaded, sessions(chosen), no_cache(), **bound)

    async def close(self) -> None:
        await self.lean.close()
        await self.chain.close()


def sessions(chosen: Settings) -> MemorySessions:
    return MemorySessions(turns=chosen.memory_turns, max_sessions=9, max_bytes=10**6, ttl_s=60)


def no_cache() -> AnswerCache:
    return AnswerCache(max_bytes=0, ttl_s=60, scope=[])


async def events(engine: Engine, question: str, session_id: str) -> list[Any]:
    """The events of a turn, without its times; the error that ends it as its last one."""
    told: list[Any] = []
    try:
        async for event in engine.ask(question, session_id):
            done = isinstance(event, Done)
            told.append((event.answer, event.hits, event.finish_reason) if done else event)
    except UpstreamError as error:
        told.append((type(error), str(error)))
    return told


def compared(
    parts: tuple[Any, Any], talk: Sequence[tuple[str, str]], upstream: Any, **given: Any
) -> list[tuple[list[Any], list[Any]]]:
    """What both say in each turn and what they send for it: asserted to be equal, turn by turn."""

    async def run() -> list[tuple[list[Any], list[Any]]]:
        both = Both(*parts, upstream.base_url, **given)
        seen = []
        try:
            for session_id, question in talk:
                of = []
                for engine in (both.lean, both.chain):
                    before = upstream.count()
                    said = await events(engine, question, session_id)
                    sent = [one["body"] for one in upstream.received()[before:]]
                    of.append((said, sent))
                assert of[0] == of[1], question
                seen.append(of[0])
        finally:
            await both.close()
        return seen

    return asyncio.run(run())


def test_a_conversation_sends_the_same_bodies_and_streams_the_same_events(embedder, store):
    with local_upstream() as local:
        turns = compared((embedder, store), TALK, local)
    sent = [len(bodies) for _, bodies in turns]
    assert sent == [1, 1, 2, 2, 2, 2, 2, 2, 2, 1, 2]  # a follow-up is condensed first
    assert all(len(said) > 3 for said, _ in turns)
    assert len(turns[-1][1][-1]["messages"]) == 2 + 2 * 3  # the window
    assert "{braces}" in json.dumps(turns[6][1])


def test_both_tell_of_an_answer_that_is_cut_short(embedder, store):
    talk = [("a", "How do I find the right size?"), ("a", "And for shoes?")]
    with local_upstream() as local:
        turns = compared((embedder, store), talk, local, llm_max_tokens=5)
    assert [said[-1][-1] for said, _ in turns] == ["length", "length"]


def test_without_condensing_it_leans_as_the_lean_engine_does(embedder, store):
    talk = [("a", "How do I find the right size?"), ("a", "And for shoes?")]
    with local_upstream() as local:
        turns = compared((embedder, store), talk, local, llm_condense=False)
    assert [len(bodies) for _, bodies in turns] == [1, 1]
    assert "products-02" in {hit.document.id for hit in turns[1][0][-1][1]}


@pytest.mark.parametrize(
    ("fault", "tries"),
    [
        *(pytest.param(status, 3, id=status) for status in ("429", "500", "503")),
        *(pytest.param(status, 1, id=status) for status in ("400", "401", "404")),
        *(pytest.param(fault, 1, id=fault) for fault in ("garbage", "cut", "reset")),
    ],
)
def test_faults_are_told_alike_after_as_many_tries(embedder, store, fault, tries):
    with local_upstream(faults={fault: 1.0}, retry_after_s=0) as local:
        ((said, sent),) = compared((embedder, store), TALK[:1], local)
    assert issubclass(said[-1][0], UpstreamError)
    assert len(sent) == tries


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(response(WITH_USAGE), "Yes", id="streamed, with usage"),
        pytest.param(
            response(b'{"choices": [{"message": {"content": "No"}}]}', "application/json"),
            "No",
            id="whole",
        ),
        pytest.param(response(b"data: [DONE]\n\n"), "an empty answer", id="nothing"),
        pytest.param(
            response(b'{"choices": [{"message": {"content": ""}}]}', "application/json"),
            "an empty answer",
            id="whole and empty",
        ),
        pytest.param(response(EVENTS), "broke off", id="without an end"),
        pytest.param(response(b'data: {"error": {"code": 1}}\n\n'), "an error", id="an error"),
    ],
)
def test_odd_answers_are_taken_alike(embedder, store, scripted, answer, said):
    base_url, answers, _ = scripted
    answers.append(answer)

    async def ask(which: str) -> list[Any]:
        both = Both(embedder, store, base_url)
        try:
            return await events(getattr(both, which), "Do you take PayPal?", "a")
        finally:
            await both.close()  # before the next one: the server takes one connection at a time

    lean, chain = asyncio.run(ask("lean")), asyncio.run(ask("chain"))
    assert lean == chain
    assert said in str(lean[-1])


def test_no_answer_in_time_is_told_alike(embedder, store):
    with local_upstream(faults={"timeout": 1.0}) as local:
        ((said, sent),) = compared((embedder, store), TALK[:1], local, llm_timeout_s=0.3)
    assert said[-1][1] == "The language model did not answer in time."
    assert len(sent) == 1


@pytest.mark.parametrize("fault", ["500", "cut", "garbage"])
def test_a_question_that_cannot_be_condensed_is_looked_up_alike(embedder, store, fault, caplog):
    # The faults strike both engines' calls for the second turn, so only look-up is compared.
    async def found(base_url: str) -> list[list[Any]]:
        both = Both(embedder, store, base_url, llm_retries=0)
        history = [Turn("How do I find the right size?", "By the table.")]
        try:
            return [
                [one async for one in _until_it_fails(engine, "And for shoes?", history)]
                for engine in (both.lean, both.chain)
            ]
        finally:
            await both.close()

    with local_upstream(faults={fault: 1.0}) as local:
        lean, chain = asyncio.run(found(local.base_url))
    assert lean == chain
    assert "products-02" in {hit.document.id for hit in lean[0].hits}
    assert caplog.text.count("a follow-up question was looked up as it stands") == 2


async def _until_it_fails(engine: Engine, question: str, history: list[Turn]) -> Any:
    with suppress(UpstreamError):
        async for event in engine.reply(question, history):
            if isinstance(event, Sources):
                yield event


def test_an_answer_that_drips_is_cut_off_alike(embedder, store):
    with local_upstream(token_rate=2) as local:
        ((said, _),) = compared((embedder, store), TALK[:1], local, llm_timeout_s=1.3)
    assert said[-1][1] == "The language model did not answer in time."


def test_a_turn_that_fails_is_not_remembered(embedder, store):
    async def talk(base_url: str) -> list[Any]:
        both = Both(embedder, store, base_url, llm_retries=0)
        try:
            return [await events(both.chain, question, "a") for _, question in TALK]
        finally:
            await both.close()

    with local_upstream(faults={"503": 0.2, "cut": 0.2}, seed=3, retry_after_s=0) as local:
        told = asyncio.run(talk(local.base_url))
        sent = [one["body"]["messages"] for one in local.received()]
    answered = [
        question
        for (_, question), said in zip(TALK, told, strict=True)
        if isinstance(said[-1][1], list)
    ]
    asked = [messages for messages in sent if messages[0]["role"] == "system"]
    assert 0 < len(answered) < len(TALK) == len(asked)
    for n, messages in enumerate(asked):
        before = [question for _, question in TALK[:n] if question in answered][-3:]
        assert [one["content"] for one in messages if one["role"] == "user"][:-1] == before


def test_turns_that_are_left_half_way_give_their_connections_back(embedder, store):
    async def run(base_url: str) -> None:
        both = Both(embedder, store, base_url, max_in_flight=2)  # as many connections
        try:
            for n in range(5):
                async with aclosing(both.chain.ask(f"Question {n}?", "a")) as told:
                    async for event in told:
                        if isinstance(event, Token):
                            break
            async with asyncio.timeout(20):
                assert "You asked: Hello?" in (await both.chain.answer("Hello?", "a")).answer
            assert both.chain.in_flight == 0
        finally:
            await both.close()

    with local_upstream(token_rate=20) as local:
        asyncio.run(run(local.base_url))
        assert [len(one["body"]["messages"]) for one in local.received()] == [2] * 6


def test_many_visitors_at_once_each_have_their_conversation(embedder, store):
    async def run(base_url: str) -> None:
        both = Both(embedder, store, base_url)
        try:
            for n in range(4):
                questions = {f"s{v}": f"Question {n} of visitor {v}?" for v in range(8)}
                done = await asyncio.gather(
                    *(both.chain.answer(text, name) for name, text in questions.items())
                )
                for (_, text), one in zip(questions.items(), done, strict=True):
                    assert text in one.answer
        finally:
            await both.close()

    with local_upstream() as local:
        asyncio.run(run(local.base_url))
        bodies = [json.dumps(one["body"]["messages"]) for one in local.received()]
    for body in bodies:
        assert sum(f"of visitor {v}?" in body for v in range(8)) == 1


OWN = """
from langchain_classic.chains import ConversationalRetrievalChain
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import RunnableLambda
number = 3
def classic(retriever, llm, memory):
    return ConversationalRetrievalChain.from_llm(
        llm, retriever, memory=memory, return_source_documents=True)
def words(retriever, llm, memory):
    texts = (lambda x: x["question"]) | retriever | (lambda docs: docs[0].page_content)
    prompt = ChatPromptTemplate.from_template("Context: {context} Question: {question}")
    return {"context": texts, "question": lambda x: x["question"]} | prompt | llm
def other(retriever, llm, memory):
    async def say(inputs):
        known = await retriever.vectorstore.asimilarity_search(inputs["input"], k=1)
        new = Document(page_content="new", metadata={"relevance_score": 0.5})
        return {"source_documents": [new, *known], "result": "said"}
    return RunnableLambda(say)
def broken(retriever, llm, memory):
    async def say(inputs):
        raise KeyError("mine")
    return RunnableLambda(say)
def silent(retriever, llm, memory):
    async def say(inputs):
        return {"context": []}
    return RunnableLambda(say)
def raises(retriever, llm, memory):
    raise ValueError("no index")
def returns(retriever, llm, memory):
    return "chain"
"""


@pytest.fixture
def own(tmp_path, monkeypatch, embedder, store):
    """Loads a chain of a module `mine` in the working folder."""
    (tmp_path / "mine.py").write_text(OWN)
    (tmp_path / "hurt.py").write_text("1 / 0\n")
    (tmp_path / "needs.py").write_text("import no_such_library\n")
    monkeypatch.syspath_prepend(tmp_path)

    def make(name: str, base_url: str = "http://127.0.0.1:1/v1") -> ChainEngine:
        chosen = settings(base_url, chat_chain=name)
        loaded = load(chosen, embedder, store)
        return ChainEngine(loaded, sessions(chosen), no_cache(), max_in_flight=8)

    return make


async def say(engine: Engine, *questions: str) -> list[Done]:
    try:
        return [await engine.answer(question, "a") for question in questions]
    finally:
        await engine.close()


def test_a_classic_chain_with_memory(own):
    with local_upstream() as local:
        first, second = asyncio.run(
            say(own("mine:classic", local.base_url), "Do you take PayPal?", "And Visa?")
        )
        bodies = [one["body"] for one in local.received()]
    assert [len(first.hits), len(second.hits)] == [4, 4]
    assert first.hits[0].document.id == "payment-01"
    assert first.hits[0].score > 0.4
    assert len(bodies) == 3
    assert "Human: Do you take PayPal?\nAssistant: You asked" in json.dumps(bodies[1]).replace(
        "\\n", "\n"
    )


def test_a_chain_of_words_shows_what_was_found(own):
    with local_upstream() as local:
        (done,) = asyncio.run(say(own("mine:words", local.base_url), "Do you take PayPal?"))
    assert done.answer.startswith("You asked: Context: How can I pay?")
    assert [hit.document.id for hit in done.hits][:1] == ["payment-01"]
    assert len(done.hits) == 4


def test_documents_of_other_sources_and_plain_answers(own):
    (done,) = asyncio.run(say(own("mine:other"), "Do you take PayPal?"))
    assert done.answer == "said"
    new, known = done.hits
    assert (new.document.text, new.score) == ("new", 0.5)
    assert known.document.id == "payment-01"
    assert 0.4 < known.score < 0.5


def test_a_failure_of_the_chain_itself_is_no_failure_of_the_upstream(own):
    with pytest.raises(KeyError, match="mine"):
        asyncio.run(say(own("mine:broken"), "?"))


def test_a_chain_that_says_nothing(own):
    with pytest.raises(UpstreamError, match="empty answer"):
        asyncio.run(say(own("mine:silent"), "?"))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("none:chain", "there is no module none, neither in ", id="no module"),
        pytest.param("mine:chain", "mine.py has no chain.", id="no such name"),
        pytest.param("mine:number", "number is int, which cannot be called: name a ", id="number"),
        pytest.param("needs:chain", "imports no_such_library, which is not inst", id="import"),
        pytest.param("hurt:chain", "failed: ZeroDivisionError: division by zero (", id="error"),
        pytest.param("mine:raises", "mine:raises failed: ValueError: no index (", id="raises"),
        pytest.param("mine:returns", "returned str, which is no LangChain Runnable", id="returns"),
    ],
)
def test_what_is_wrong_with_a_chain_is_said(own, name, message):
    with pytest.raises(CommandError) as error:
        own(name)
    assert str(error.value).startswith("CHAT_CHAIN")
    assert message in str(error.value)
    assert "\n" not in str(error.value)
