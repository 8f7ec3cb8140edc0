"""One turn of a conversation: find documents, answer from them or the cache, remember."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from service.answer_cache import AnswerCache
from service.answers import DEFAULT, Answerer, CutShort, Sampling
from service.being_made import Outcome
from service.breaker import Breaker
from service.interrupt import Interrupt, within
from service.packed_answers import Answer
from service.places import Places
from service.retriever import Retriever
from service.sessions import SessionStore, Turn, Window, new_session_id
from service.similar import Asked
from service.turn_events import Done, Event, Sources, Token, kept_events
from service.turns import FinishReason, RunningTurns, TurnIdUsed
from vectorstore.base import Hit

if TYPE_CHECKING:
    from service.upstream_response import Failures


class Engine:
    """Answers questions; those that must be made at most `max_in_flight` at a time.

    As many again may wait for an answer that is being made for somebody else.
    """

    def __init__(
        self,
        retriever: Retriever,
        answerer: Answerer,
        sessions: SessionStore,
        cache: AnswerCache,
        *,
        max_in_flight: int,
    ) -> None:
        self._retriever = retriever
        self._answerer = answerer
        self._sessions = sessions
        self._cache = cache
        self._working, self._sharing = Places(max_in_flight), Places(max_in_flight)
        self._interrupt = Interrupt()
        self._timeout_s = answerer.timeout_s
        #: Turns, those that are answered from the cache included.
        self.in_flight = 0
        self._turns = RunningTurns()

    async def ask(
        self, question: str, session_id: str | None, turn_id: str | None = None
    ) -> AsyncGenerator[Event, None]:
        """The turn as it happens: Sources, then Tokens, then Done.

        The turn is remembered just before Done: one that fails or is left half-way is not.
        A turn with the `turn_id` of one that is remembered, or being made, is that one: its answer
        comes again. Raises Overloaded before the first event, TurnIdUsed, UpstreamError, Interrupted
        and SessionsUnavailable before or between tokens.
        """
        session_id = session_id or new_session_id()
        with self._counted(session_id):
            async with self._turns.alone(session_id, turn_id):
                window = await self._sessions.window(session_id)
                again = next((one for one in window.turns if turn_id and one.id == turn_id), None)
                events = (
                    self._again(again, question, session_id)
                    if again
                    else self._remembered(question, window, session_id, turn_id or "")
                )
                async with aclosing(events):
                    async for event in events:
                        yield event

    async def _again(
        self, turn: Turn, question: str, session_id: str
    ) -> AsyncGenerator[Event, None]:
        if turn.question != question:
            raise TurnIdUsed
        yield Sources([], session_id)
        yield Token(turn.answer)
        yield Done(turn.answer, [], session_id, True, 0, 0, 0, turn.finish_reason)

    async def _remembered(
        self, question: str, window: Window, session_id: str, turn_id: str
    ) -> AsyncGenerator[Event, None]:
        turn_events = self._turn(question, window.turns, session_id, DEFAULT)
        async with aclosing(self._interrupt.each(turn_events)) as events:
            async for event in events:
                if isinstance(event, Done):
                    turn = Turn(question, event.answer, turn_id, event.finish_reason)
                    kept = await self._sessions.append(session_id, turn, window.born, window.turns)
                    # Another instance was asked it, too, and was the first to answer.
                    if kept and kept.answer != event.answer:
                        reason = kept.finish_reason
                        event = replace(event, answer=kept.answer, finish_reason=reason)
                yield event

    async def reply(
        self, question: str, history: Sequence[Turn], sampling: Sampling = DEFAULT
    ) -> AsyncGenerator[Event, None]:
        """The same after turns that the client remembers itself; the session's id is empty."""
        with self._counted(""):
            turn_events = self._turn(question, history, "", sampling)
            async with aclosing(self._interrupt.each(turn_events)) as events:
                async for event in events:
                    yield event

    async def answer(
        self, question: str, session_id: str | None, turn_id: str | None = None
    ) -> Done:
        """The whole turn at once. Raises as `ask` does."""
        async with aclosing(self.ask(question, session_id, turn_id)) as events:
            return [event async for event in events if isinstance(event, Done)][0]

    @property
    def breaker(self) -> Breaker | None:
        """That of the upstream, where there is one."""
        return getattr(self._answerer, "breaker", None)

    @property
    def upstream_failures(self) -> Mapping[str, int] | None:
        """How often it failed, by reason, where there is one."""
        failures: Failures | None = getattr(self._answerer, "failures", None)
        return failures.counts if failures else None

    @property
    def upstream_held(self) -> int | None:
        """Bytes of the upstream's answers that are arriving, where there is one."""
        return getattr(self._answerer, "held", None)

    @property
    def waiting(self) -> int:
        """Questions that wait to be embedded."""
        return self._retriever.waiting

    def stop(self) -> int:
        """Cut off the answers that are being made, with Interrupted. How many there were."""
        self._interrupt.stop()
        return self.in_flight

    async def close(self) -> None:
        """Wait for the searches that run; give back threads and connections."""
        self._retriever.close()
        await self._answerer.close()

    async def _turn(
        self, question: str, history: Sequence[Turn], session_id: str, sampling: Sampling
    ) -> AsyncGenerator[Event, None]:
        """From the cache when the answer is there, or soon will be."""
        started = time.perf_counter()
        key = self._cache.key(question, self._answerer.depends_on(question, history, sampling))
        if kept := await self._cache.find(key):
            for event in kept_events(kept, session_id, time.perf_counter() - started):
                yield event
            return
        # Whoever waits has no place of those who work: one popular question would fill them all.
        waits = self._cache.being_made.runs(key)
        if waits and (shared := await self._share(key)) and shared.answer:
            self._cache.shared()
            waited_s = time.perf_counter() - started
            for event in kept_events(shared.answer, session_id, waited_s, shared.finish_reason):
                yield event
            return
        with self._working.taken():
            made = self._made(key, question, history, session_id, sampling)
            if waits and self._timeout_s:
                # Who had it made has left; the time that was waited counts. Outside of what others
                # wait for: when this one's is up, the next makes the answer in its own.
                made = within(self._timeout_s - (time.perf_counter() - started), made)
            async with aclosing(made) as events:
                async for event in events:
                    yield event

    async def _share(self, key: bytes) -> Outcome | None:
        """What comes of an answer that is being made; None when its client has left."""
        with self._sharing.taken():
            return await self._cache.being_made.wait(key)

    async def _made(
        self,
        key: bytes,
        question: str,
        history: Sequence[Turn],
        session_id: str,
        sampling: Sampling,
    ) -> AsyncGenerator[Event, None]:
        """A fresh answer; it is kept when it is whole."""
        # After a conversation, or written otherwise, the answer to the same question is another one.
        alone = not history and sampling == DEFAULT
        asked = self._cache.asked(question) if alone else None
        made = self._fresh(question, history, session_id, sampling, asked)
        with self._cache.being_made.making(key) as outcome:
            async with aclosing(made) as events:
                async for event in events:
                    if isinstance(event, Done):
                        outcome.answer = Answer(event.answer, event.hits)
                        outcome.finish_reason = event.finish_reason
                        if event.finish_reason == "stop" and not event.cached:
                            await self._cache.keep(key, outcome.answer, asked)
                    yield event

    async def _fresh(
        self,
        question: str,
        history: Sequence[Turn],
        session_id: str,
        sampling: Sampling,
        asked: Asked | None,
    ) -> AsyncGenerator[Event, None]:
        started = time.perf_counter()
        looked = _Looked(self._retriever, asked)
        hits = await self._answerer.look_up(question, history, looked.find)
        found = time.perf_counter()
        if asked and (kept := self._cache.similar(asked)):
            for event in kept_events(kept, session_id, found - started):
                yield event
            return
        self._cache.missed()
        yield Sources(hits, session_id)
        parts: list[str] = []
        first = found
        reason: FinishReason = "stop"
        async with aclosing(self._answerer.answer(question, hits, history, sampling)) as pieces:
            async for piece in pieces:
                if isinstance(piece, CutShort):
                    reason = piece.reason
                    continue
                first = first if parts else time.perf_counter()
                parts.append(piece)
                yield Token(piece)
        ended = time.perf_counter()
        times = (found - started, first - found, ended - found)
        yield Done("".join(parts), hits, session_id, False, *times, reason, looked.search_s)

    @contextmanager
    def _counted(self, session_id: str) -> Iterator[None]:
        """A turn, whose conversation is not idle meanwhile."""
        self.in_flight += 1
        try:
            with self._sessions.using(session_id):
                yield
        finally:
            self.in_flight -= 1


@dataclass(slots=True)
class _Looked:
    """Finds the documents; keeps the question's vector in `asked`, and how long the store took."""

    retriever: Retriever
    asked: Asked | None
    search_s: float = 0.0

    async def find(self, question: str, *, leaning_on: str | None = None) -> list[Hit]:
        found = await self.retriever.look(question, leaning_on=leaning_on)
        self.search_s += found.search_s
        if self.asked:
            self.asked.vector = found.vector
        return found.hits
