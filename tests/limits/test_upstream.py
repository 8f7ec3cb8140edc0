"""The model API, as a process of its own, asked over its own port."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.limits.conftest import eventually, is_running
from tools.limits import Upstream, upstream
from tools.limits.record import Received
from vectorstore.commandline import CommandError

MESSAGES = [
    {"role": "system", "content": "Context:\nOrders ship within 3 days."},
    {"role": "user", "content": "When do you ship?"},
]
ANSWER = "You asked: When do you ship? The context says: Orders ship within 3 days. (2 messages)"
BODY = {"model": "some/model", "messages": MESSAGES}


@pytest.fixture(scope="module")
def good() -> Iterator[Upstream]:
    with upstream() as server:
        yield server


@pytest.fixture(autouse=True)
def _forget(good: Upstream) -> None:
    good.clear()


def ask(server: Upstream, body: object = BODY, **options) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=options.pop("timeout", 20)) as client:
        return client.post(f"{server.base_url}/chat/completions", json=body, **options)


def events(response: httpx.Response) -> list[str]:
    blocks = response.text.removesuffix("\n\n").split("\n\n")
    assert all(block.startswith("data: ") for block in blocks)
    return [block.removeprefix("data: ") for block in blocks]


def test_answers_as_openai_does(good):
    response = ask(good)
    assert response.status_code == 200
    body = response.json()
    identity = body.pop("id")
    assert identity.startswith("chatcmpl-")
    assert body == {
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "some/model",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": ANSWER},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 10, "completion_tokens": 16, "total_tokens": 26},
    }


def test_streams_the_same_answer(good):
    *chunks, done = events(ask(good, {**BODY, "stream": True}))
    deltas = [json.loads(chunk)["choices"][0] for chunk in chunks]
    assert done == "[DONE]"
    assert deltas[0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(delta["delta"].get("content", "") for delta in deltas) == ANSWER
    assert [delta["finish_reason"] for delta in deltas] == [None] * 17 + ["stop"]
    assert all("usage" not in json.loads(chunk) for chunk in chunks)


def test_streams_usage_last_when_asked_to(good):
    body = {**BODY, "stream": True, "stream_options": {"include_usage": True}}
    *chunks, usage, done = events(ask(good, body))
    assert done == "[DONE]"
    assert json.loads(usage)["choices"] == []
    assert json.loads(usage)["usage"] == {
        "prompt_tokens": 10,
        "completion_tokens": 16,
        "total_tokens": 26,
    }
    assert {json.loads(chunk)["usage"] for chunk in chunks} == {None}


def test_cuts_at_max_tokens(good):
    choice = ask(good, {**BODY, "max_tokens": 2}).json()["choices"][0]
    assert (choice["message"]["content"], choice["finish_reason"]) == ("You asked: ", "length")


def test_lists_a_model(good):
    listed = httpx.get(f"{good.base_url}/models", trust_env=False).json()
    assert [model["id"] for model in listed["data"]] == ["local/echo"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"{", "the body is no JSON", id="no JSON"),
        pytest.param(b"\xff", "the body is no JSON", id="no text"),
        pytest.param(b"[]", "messages must be a list", id="no object"),
        pytest.param(b"{}", "messages must be a list", id="no messages"),
        pytest.param(b'{"messages": []}', "messages must be a list", id="empty"),
        pytest.param(b'{"messages": ["hi"]}', "each message must be an object", id="no roles"),
    ],
)
def test_refuses_what_is_no_chat(good, content, says):
    url = f"{good.base_url}/chat/completions"
    response = httpx.post(url, content=content, trust_env=False)
    assert response.status_code == 400
    assert says in response.json()["error"]["message"]


def test_another_path_is_not_found_in_openais_words(good):
    response = httpx.post(f"{good.base_url}/embeddings", json={}, trust_env=False)
    assert response.status_code == 404
    assert response.json()["error"]["message"] == "there is no POST /v1/embeddings"


def test_remembers_bodies_but_never_the_key(good):
    ask(good, headers={"Authorization": "Bearer sk-very-secret"})
    ask(good, {**BODY, "stream": True})
    assert good.requests() == [BODY, {**BODY, "stream": True}]
    assert [entry["authorization"] for entry in good.received()] == [True, False]
    assert "very-secret" not in json.dumps(good.received())
    assert good.count() == 2


def test_remembers_a_bounded_number():
    with upstream(keep=3) as server:
        for number in range(5):
            ask(server, {**BODY, "n": number})
        assert [body["n"] for body in server.requests()] == [2, 3, 4]
        assert server.count() == 5


def test_remembers_a_bounded_number_of_bytes():
    received = Received(keep=100)
    for number in range(10):
        received.add(10 << 20, {"n": number})
    assert [entry["n"] for entry in received.entries()] == [4, 5, 6, 7, 8, 9]
    received.add(100 << 20, {"n": 10})
    assert [entry["n"] for entry in received.entries()] == [10]
    assert received.total == 11
    received.clear()
    assert (received.entries(), received.total) == ([], 0)


def test_a_body_that_is_too_large_is_refused(good):
    large = {"messages": [{"role": "user", "content": "x" * (5 << 20)}]}
    assert ask(good, large).status_code == 413
    assert good.requests() == []


def test_waits_for_the_first_token_and_then_for_each():
    with upstream(latency_ms=200, token_rate=100) as server:
        started = time.monotonic()
        ask(server)
        # Never earlier than set; later is the machine's affair.
        assert time.monotonic() - started >= 0.2 + 15 / 100
        started = time.monotonic()
        ask(server, {**BODY, "stream": True})
        assert time.monotonic() - started >= 0.2 + 15 / 100


def test_serves_many_at_a_time():
    with upstream(latency_ms=300) as server:
        held = [socket.create_connection(("127.0.0.1", server.where["port"])) for _ in range(100)]
        assert ask(server).status_code == 200
        for connection in held:
            connection.close()


def test_too_many_requests_says_when_to_come_back():
    with upstream(faults={"429": 1.0}, retry_after_s=7) as server:
        response = ask(server)
        assert (response.status_code, response.headers["retry-after"]) == (429, "7")
        assert response.json()["error"]["code"] == 429
        assert server.received()[0]["fault"] == "429"


@pytest.mark.parametrize("status", [500, 503])
def test_error_statuses(status):
    with upstream(faults={str(status): 1.0}) as server:
        assert ask(server).status_code == status


@pytest.mark.parametrize("stream", [False, True])
def test_a_timeout_is_no_answer_at_all(stream):
    with upstream(faults={"timeout": 1.0}) as server:
        with pytest.raises(httpx.ReadTimeout):
            ask(server, {**BODY, "stream": stream}, timeout=0.3)
        assert server.count() == 1


@pytest.mark.parametrize("stream", [False, True])
def test_a_reset_is_seen_as_one(stream):
    with upstream(faults={"reset": 1.0}) as server, pytest.raises(httpx.ReadError):
        ask(server, {**BODY, "stream": stream})


@pytest.mark.parametrize("stream", [False, True])
def test_half_an_answer_ends_in_the_middle(stream):
    with upstream(faults={"cut": 1.0}) as server, httpx.Client(trust_env=False) as client:
        got = b""
        url = f"{server.base_url}/chat/completions"
        with client.stream("POST", url, json={**BODY, "stream": stream}) as response:
            assert response.status_code == 200
            try:
                for chunk in response.iter_raw():
                    got += chunk
            except httpx.RemoteProtocolError:
                ended = "in the middle"
            else:
                ended = "well"
    assert ended == "in the middle"
    assert b"You " in got or not stream
    assert b"[DONE]" not in got
    assert got


def test_garbage_is_no_json_in_either_form():
    with upstream(faults={"garbage": 1.0}) as server:
        response = ask(server)
        assert response.headers["content-type"] == "application/json"
        with pytest.raises(json.JSONDecodeError):
            response.json()
        first, *_ = events(ask(server, {**BODY, "stream": True}))
        with pytest.raises(json.JSONDecodeError):
            json.loads(first)


def test_the_same_seed_gives_the_same_faults():
    def statuses(seed: int) -> list[int]:
        with upstream(faults={"500": 0.5}, seed=seed) as server:
            return [ask(server, {**BODY, "n": number}).status_code for number in range(12)]

    assert statuses(1) == statuses(1)
    assert statuses(1) != statuses(2)


def test_an_unknown_fault_is_refused(capfd):
    with pytest.raises(CommandError, match=r"`python -m tools\.limits\.upstream` ended with 2"):
        upstream(faults={"slow": 0.5})
    assert "there is no fault 'slow'" in capfd.readouterr().err


def test_listens_on_loopback_only(good):
    with open("/proc/net/tcp", encoding="ascii") as table:
        lines = [line.split()[1] for line in table.read().splitlines()[1:]]
    port = f":{good.where['port']:04X}"
    assert {line for line in lines if line.endswith(port)} == {f"0100007F{port}"}


def test_ends_with_its_owner():
    code = (
        "import time; from tools.limits import upstream\n"
        "with upstream() as server: print(server.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        server = int(owner.stdout.readline())
        assert is_running(server)
        owner.kill()
    assert eventually(lambda: not is_running(server))


def test_ends_in_the_middle_of_an_answer():
    with upstream(latency_ms=60_000) as server:
        pid = server.pid
        with socket.create_connection(("127.0.0.1", server.where["port"])) as connection:
            body = json.dumps(BODY).encode()
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n"
            connection.sendall(head.encode() + body)
            assert eventually(lambda: server.count() == 1)
            server.close()
            server.close()  # again: nothing
    assert not is_running(pid)


def test_runs_by_hand_and_says_where_in_a_file_too(tmp_path):
    ready = tmp_path / "ready.json"
    command = [sys.executable, "-W", "error", "-m", "tools.limits.upstream"]
    command += ["--ready-file", str(ready), "--latency-ms", "1"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        where = json.loads(server.stdout.readline())
        assert json.loads(ready.read_text()) == where
        assert where["base_url"] == f"http://127.0.0.1:{where['port']}/v1"
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 130
        assert server.stderr.read() == b"upstream: interrupted\n"
