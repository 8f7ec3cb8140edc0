from __future__ import annotations

import socket
import threading

import pytest

from service.extractive import DOES_NOT_KNOW
from tests.service.helpers import eventually, running
from tools.limits import upstream as local_upstream

QUESTION = "Do you take PayPal?"


def told(events: list) -> tuple[list[str], str]:
    """The names of the events, repetitions left out, and the text of the tokens."""
    names = [name for name, _ in events]
    runs = [name for name, before in zip(names, ["", *names], strict=False) if name != before]
    return runs, "".join(data["text"] for name, data in events if name == "token")


@pytest.mark.parametrize(
    "question", [QUESTION, "What is the capital of Australia?"], ids=["known", "unknown"]
)
def test_it_ends_with_what_chat_returns(service, question):
    events = service.stream(question, "a-stream")
    whole = service.chat(question, "a-stream-too").json()
    names, text = told(events)
    assert names == ["sources", "token", "done"]
    assert text == whole["answer"]
    assert events[0][1] == {"session_id": "a-stream", "sources": whole["sources"]}
    assert events[-1][1] == {**whole, "session_id": "a-stream"}


def test_the_response_is_not_buffered_or_cached(service):
    with service.client.stream("POST", "/chat/stream", json={"question": QUESTION}) as response:
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["x-accel-buffering"] == "no"
        assert response.headers["cache-control"] == "no-store"
        response.read()


def test_the_turn_is_remembered_and_its_times_counted(service):
    before = service.metric("fit512_first_token_seconds_count")
    sessions = service.metric("fit512_sessions")
    session_id = service.stream(QUESTION)[-1][1]["session_id"]
    assert service.metric("fit512_first_token_seconds_count") == before + 1
    assert service.metric("fit512_sessions") == sessions + 1
    assert service.client.delete(f"/sessions/{session_id}").status_code == 204


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({}, 422, id="nothing"),
        pytest.param({"question": "x" * 2001}, 422, id="too long"),
        pytest.param({"question": "x" * 70000}, 413, id="too large"),
    ],
)
def test_what_is_refused_is_refused_before_the_stream(service, body, status):
    response = service.client.post("/chat/stream", json=body)
    assert (response.status_code, response.json()["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"


def test_a_model_answers_piece_by_piece(tmp_path):
    with (
        local_upstream(token_rate=100) as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
    ):
        events = service.stream(QUESTION, "a")
        tokens = [data["text"] for name, data in events if name == "token"]
        assert len(tokens) > 5
        assert events[-1][1]["answer"] == "".join(tokens)
        service.stream("And cheques?", "a")
        assert local.requests()[-1]["messages"][-2]["content"] == "".join(tokens)


@pytest.mark.parametrize(
    ("fault", "settings", "problem"),
    [
        pytest.param(
            "cut",
            {},
            (502, "The connection to the language model broke off.", None),
            id="half an answer",
        ),
        pytest.param(
            "429",
            {"LLM_RETRIES": "0"},
            (503, "The language model takes no more questions at the moment.", 7),
            id="busy",
        ),
    ],
)
def test_a_failure_half_way_is_an_event_and_is_not_remembered(tmp_path, fault, settings, problem):
    with (
        local_upstream(faults={fault: 1.0}, retry_after_s=7) as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url, **settings) as service,
    ):
        events = service.stream(QUESTION, "a")
        assert [name for name, _ in events if name != "token"] == ["sources", "error"]
        error = events[-1][1]
        assert (error["status"], error["detail"], error.get("retry_after_s")) == problem
        assert service.metric("fit512_sessions_bytes") == 0
        assert service.metric("fit512_in_flight") == 0


def test_overload_is_refused_before_the_stream(tmp_path):
    with (
        local_upstream(token_rate=5) as local,
        running(
            tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url, MAX_IN_FLIGHT="1"
        ) as service,
        service.client.stream("POST", "/chat/stream", json={"question": QUESTION}) as running_one,
    ):
        next(running_one.iter_bytes())
        response = service.client.post("/chat/stream", json={"question": "Another one?"})
        assert (response.status_code, response.headers["retry-after"]) == (503, "1")


def test_the_upstream_is_left_when_the_client_is_gone(tmp_path):
    left = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        base_url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        thread = threading.Thread(target=answer_half, args=(server, left))
        thread.start()
        with running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=base_url) as service:
            body = {"question": QUESTION, "session_id": "a"}
            with service.client.stream("POST", "/chat/stream", json=body) as response:
                lines = response.iter_lines()
                while "half" not in next(lines):
                    pass
            eventually(lambda: service.metric("fit512_in_flight") == 0)
            assert left.wait(30)
            assert service.metric("fit512_sessions_bytes") == 0
            assert "Traceback" not in service.log
            assert service.chat("?").status_code in (502, 504)  # nobody listens any more
        thread.join()


def answer_half(server: socket.socket, left: threading.Event) -> None:
    """Answer one question by half, then wait until the other side has closed."""
    connection, _ = server.accept()
    server.close()
    piece = b'data: {"choices": [{"delta": {"content": "half "}}]}\n\n'
    with connection:
        connection.recv(2**16)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + piece)
        while connection.recv(2**16):
            pass
        left.set()


def test_it_does_not_know_in_a_stream_either(service):
    assert told(service.stream("What is the capital of Australia?"))[1] == DOES_NOT_KNOW
