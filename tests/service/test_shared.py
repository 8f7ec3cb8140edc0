"""Three instances that share their conversations in a real Redis, behind a proxy."""

from __future__ import annotations

import asyncio
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from service.redis_client import connect
from service.redis_sessions import RedisSessions
from service.sessions import Turn
from tests.service.helpers import Service, events, eventually, running, start_and_fail
from tests.service.redis import redis_server
from tests.service.spray import spraying
from tools.limits import upstream as local_upstream
from tools.limits.free_port import free_port

pytestmark = pytest.mark.slow
VISITORS, TURNS, KILLED_AFTER = 6, 10, 15


@contextmanager
def instances(folder: Path, count: int, **settings: str) -> Iterator[list[Service]]:
    with ExitStack() as stack:
        services = []
        for number in range(count):
            own = folder / f"instance-{number}"
            own.mkdir()
            services.append(stack.enter_context(running(own, **settings)))
        yield services


def remembered(url: str, session_id: str) -> tuple[Turn, ...]:
    async def read() -> tuple[Turn, ...]:
        async with connect(SecretStr(url)) as client:
            return (await RedisSessions(client, turns=100, ttl_s=60).window(session_id)).turns

    return asyncio.run(read())


def ask_until_done(base_url: str, question: str, session_id: str, turn_id: str) -> str:
    """Ask over a new connection each time, with the same turn_id, until there is a `done`."""
    body = {"question": question, "session_id": session_id, "turn_id": turn_id}
    for _ in range(50):
        try:
            with (
                httpx.Client(base_url=base_url, timeout=30, trust_env=False) as client,
                client.stream("POST", "/chat/stream", json=body) as response,
            ):
                *_, (name, data) = events(response.iter_lines())
        except (httpx.HTTPError, ValueError):
            continue
        if name == "done":
            return str(data["answer"])
    raise AssertionError(f"never done: {question}")


def test_every_turn_that_was_acknowledged_is_there_once_though_an_instance_is_killed(tmp_path):
    with (
        redis_server(tmp_path) as (url, _),
        local_upstream(latency_ms=50, token_rate=200) as local,
        instances(
            tmp_path,
            3,
            REDIS_URL=url,
            MEMORY_TURNS="100",
            LLM_API_KEY="k",
            LLM_BASE_URL=local.base_url,
            LLM_CONDENSE="false",
        ) as services,
        spraying([service.client.base_url.port for service in services]) as port,
    ):
        acknowledged: Counter[str] = Counter()
        answers: dict[str, str] = {}
        lock = threading.Lock()

        def visitor(session: int, half: int) -> None:
            for number in range(half, TURNS, 2):
                name = f"s{session}-t{number}"
                answer = ask_until_done(f"http://127.0.0.1:{port}", name, f"s{session}", name)
                with lock:
                    acknowledged[name] += 1
                    answers[name] = answer
                    if sum(acknowledged.values()) == KILLED_AFTER:
                        services[0].process.send_signal(signal.SIGKILL)

        with ThreadPoolExecutor(2 * VISITORS) as pool:
            jobs = [pool.submit(visitor, n, half) for n in range(VISITORS) for half in (0, 1)]
            for job in jobs:
                job.result()
        assert services[0].process.wait(30) == -signal.SIGKILL
        assert len(acknowledged) == VISITORS * TURNS
        for session in range(VISITORS):
            turns = remembered(url, f"s{session}")
            names = [f"s{session}-t{number}" for number in range(TURNS)]
            assert sorted(turn.id for turn in turns) == sorted(names)
            assert all(turn.question == turn.id for turn in turns)
            assert all(turn.answer == answers[turn.id] for turn in turns)


def test_the_next_question_may_go_to_another_instance(tmp_path):
    with (
        redis_server(tmp_path) as (url, _),
        instances(tmp_path, 2, REDIS_URL=url) as (one, other),
    ):
        first = one.chat("How long do I have to return something?", "a").json()
        followed = other.chat("And for shoes?", "a").json()
        assert first["session_id"] == followed["session_id"] == "a"
        assert len(remembered(url, "a")) == 2
        again = other.chat("How long do I have to return something?", "b").json()
        assert (again["cached"], again["answer"]) == (True, first["answer"])
        assert one.client.delete("/sessions/a").status_code == 204
        assert other.client.delete("/sessions/a").status_code == 404


def test_a_turn_that_is_asked_again_is_answered_as_it_was(tmp_path):
    with running(tmp_path, CACHE_MIB="0") as service:
        body = {"question": "Do you take PayPal?", "session_id": "a", "turn_id": "t-1"}
        first, again = (service.client.post("/chat", json=body).json() for _ in range(2))
        assert again["answer"] == first["answer"]
        assert (first["cached"], again["cached"]) == (False, True)


def test_redis_that_is_away_at_the_start_and_goes_and_comes_back(tmp_path):
    port = free_port()
    with running(tmp_path, REDIS_URL=f"redis://127.0.0.1:{port}/0") as service:
        assert service.client.get("/health").status_code == 200
        assert service.client.get("/ready").status_code == 503
        refused = service.chat("Do you take PayPal?", "a")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert refused.headers["content-type"] == "application/problem+json"
        with redis_server(tmp_path, port) as (_, process):
            eventually(lambda: service.client.get("/ready").status_code == 200)
            assert service.chat("Do you take PayPal?", "a").status_code == 200
            process.kill()
            process.wait(30)
            assert service.chat("How much is shipping?", "a").status_code == 503
            message = {"messages": [{"role": "user", "content": "How much is shipping?"}]}
            completion = service.client.post("/v1/chat/completions", json=message)
            assert completion.status_code == 200
        assert service.client.get("/ready").status_code == 200
        with redis_server(tmp_path, port):
            eventually(lambda: service.chat("How much is shipping?", "a").status_code == 200)
        assert service.metric("fit512_sessions_failed_total") >= 3
        assert "Traceback" not in service.log


def test_redis_lost_in_the_middle_of_an_answer_is_an_error_not_a_done(tmp_path):
    with (
        redis_server(tmp_path) as (url, process),
        local_upstream(token_rate=10) as local,
        running(tmp_path, REDIS_URL=url, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
    ):
        body = {"question": "Do you take PayPal?", "session_id": "a"}
        with service.client.stream("POST", "/chat/stream", json=body) as response:
            lines = response.iter_lines()
            first = next(lines)
            process.kill()
            *_, (name, problem) = events([first, *lines])
        assert (name, problem["status"], problem["retry_after_s"]) == ("error", 503, 2)


@pytest.mark.parametrize(("url", "why"), [("localhost:6379", "must be an address such as")])
def test_an_address_that_is_none_is_refused_and_not_shown(tmp_path, url, why):
    ended = start_and_fail(tmp_path, "-m", "service", REDIS_URL=url)
    assert ended.returncode == 2
    assert re.search(rf"REDIS_URL .*{why}", ended.stderr)
    assert url not in ended.stderr.replace("redis://localhost:6379/0", "")
