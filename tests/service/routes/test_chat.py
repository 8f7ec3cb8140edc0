from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from service.extractive import DOES_NOT_KNOW
from tests.service.helpers import ROOT, eventually, running
from tools.limits import upstream as local_upstream

FAQ = {
    row["id"]: row
    for row in map(json.loads, (ROOT / "examples/shop_faq.jsonl").read_text("utf-8").splitlines())
}
KEY = "sk-or-secret"


def test_an_answer(service):
    response = service.chat("How long do I have to send something back?")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"answer", "session_id", "sources", "cached"}
    assert body["answer"] == FAQ["returns-02"]["answer"]
    assert body["cached"] is False
    assert re.fullmatch(r"[\w-]{22}", body["session_id"])
    best = body["sources"][0]
    assert set(best) == {"id", "text", "score", "metadata"}
    assert best["id"] == "returns-02"
    assert FAQ["returns-02"]["question"] in best["text"]
    assert best["metadata"]["topic"] == "returns"
    scores = [source["score"] for source in body["sources"]]
    assert 1 >= scores[0] > 0.6
    assert scores == sorted(scores, reverse=True)
    assert len(scores) <= 4


def test_what_it_does_not_know(service):
    body = service.chat("What is the capital of Australia?").json()
    assert (body["answer"], body["sources"]) == (DOES_NOT_KNOW, [])


def test_the_session_is_the_one_given_or_a_new_one(service):
    new = service.chat("How much is shipping?").json()["session_id"]
    assert service.chat("And express?", new).json()["session_id"] == new
    assert service.chat("And express?", "my-own.id_1").json()["session_id"] == "my-own.id_1"
    assert service.chat("And express?").json()["session_id"] not in (new, "my-own.id_1")


def test_null_is_no_session(service):
    response = service.client.post("/chat", json={"question": "Hello?", "session_id": None})
    assert response.status_code == 200


def test_where_the_time_went(service):
    timing = service.chat("How much is shipping?").headers["server-timing"]
    parts = re.fullmatch(
        r"retrieve;dur=(\d+\.\d\d), search;dur=(\d+\.\d\d), answer;dur=\d+\.\d\d", timing
    )
    assert parts, timing
    retrieve_ms, search_ms = map(float, parts.groups())
    assert search_ms < retrieve_ms


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("?" * 2000, id="longest"),
        pytest.param("größe 尺码 📦 \u0000 \u202e", id="odd characters"),
        pytest.param("</script> ${x} {{y}} %s", id="markup"),
    ],
)
def test_odd_questions_are_questions(service, question):
    assert service.chat(question).status_code == 200


JSON = {"content-type": "application/json"}
BAD_ID = "String should match pattern '^[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,63}$'"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        pytest.param({}, [("#/question", "Field required")], id="nothing"),
        pytest.param([], [("#", "Input should be a valid dictionary")], id="a list"),
        pytest.param(
            {"question": 1}, [("#/question", "Input should be a valid string")], id="a number"
        ),
        pytest.param(
            {"question": " \n"},
            [("#/question", "String should have at least 1 character")],
            id="blank",
        ),
        pytest.param(
            {"question": "x" * 2001},
            [("#/question", "String should have at most 2000 characters")],
            id="too long",
        ),
        pytest.param(
            {"question": "x", "session_id": ""}, [("#/session_id", BAD_ID)], id="empty id"
        ),
        pytest.param(
            {"question": "x", "session_id": "a/../b"}, [("#/session_id", BAD_ID)], id="a path"
        ),
    ],
)
def test_a_body_that_is_not_valid(service, body, errors):
    response = service.client.post("/chat", json=body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["type"], problem["status"]) == ("about:blank", 422)
    found = [(error["pointer"], error["detail"]) for error in problem["errors"]]
    assert [(pointer, detail[: len(detail)]) for pointer, detail in found] == [
        (pointer, next(d for p, d in found if p == pointer and d.startswith(detail)))
        for pointer, detail in errors
    ]


@pytest.mark.parametrize(
    ("content", "headers", "status", "detail"),
    [
        pytest.param(b'{"question"', JSON, 422, "The body is not valid JSON.", id="half"),
        pytest.param(b'{"question": NaN}', JSON, 422, "The body is not valid JSON.", id="NaN"),
        pytest.param(
            b'{"question": "\\ud800"}', JSON, 422, "The body is not valid JSON.", id="surrogate"
        ),
        pytest.param(b"[" * 60000, JSON, 422, "The body is not valid JSON.", id="deep"),
        pytest.param(
            b'{"question": "x", "more": [' + b"1," * 5000 + b"1]}",
            JSON,
            422,
            "The body has too many values for its length.",
            id="values",
        ),
        pytest.param(b"\xff\xfe", JSON, 422, "The body is not valid JSON.", id="no UTF-8"),
        pytest.param(
            b'{"question": "x"}', {}, 415, "Send the body as application/json.", id="no type"
        ),
        pytest.param(
            b"question=x",
            {"content-type": "application/x-www-form-urlencoded"},
            415,
            "Send the body as application/json.",
            id="form",
        ),
        pytest.param(
            b'{"question": "' + b"x" * 65536,
            JSON,
            413,
            "The body may have at most 64 KiB.",
            id="big",
        ),
    ],
)
def test_a_body_that_is_no_json_or_too_large(service, content, headers, status, detail):
    response = service.client.post("/chat", content=content, headers=headers)
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (response.status_code, problem["status"], problem["detail"]) == (status, status, detail)


def test_a_large_body_without_a_length_is_not_read_to_its_end(service):
    sent = 0

    def endless():
        nonlocal sent
        while sent < 200 * 2**20:
            sent += 2**16
            yield b" " * 2**16

    with suppress(httpx.TransportError):  # the connection is closed while we write
        response = service.client.post("/chat", content=endless(), headers=JSON)
        assert response.status_code == 413
    assert sent < 100 * 2**20
    assert service.client.get("/health").status_code == 200


def test_a_media_type_with_a_charset_is_fine(service):
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    response = service.client.post("/chat", content=b'{"question": "hi"}', headers=headers)
    assert response.status_code == 200


def test_neither_question_nor_session_is_logged(service):
    service.chat("a question nobody should read", "a-session-nobody-should-know")
    service.client.post("/chat", json={"question": "a question nobody" * 500})
    assert "route=/chat status=200" in service.log
    assert "nobody" not in service.log


def test_many_at_once_all_get_their_own_answer(service):
    questions = {row["question"]: row["answer"] for row in FAQ.values()}
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda question: service.chat(question).json()["answer"], questions)
        right = sum(a == b for a, b in zip(answers, questions.values(), strict=True))
    assert right == len(questions)


def test_an_answer_of_a_language_model(tmp_path):
    with (
        local_upstream() as local,
        running(tmp_path, OPENROUTER_API_KEY=KEY, LLM_BASE_URL=local.base_url) as service,
    ):
        first = service.chat("Do you take PayPal?").json()
        service.chat("And by invoice?", first["session_id"])
        bodies = local.requests()
        assert len(first["answer"]) > 0
        assert len(first["sources"]) == 4
        assert [message["role"] for message in bodies[-1]["messages"]] == [
            "system",
            "user",
            "assistant",
            "user",
        ]
        assert bodies[-1]["messages"][2]["content"] == first["answer"]
        assert first["sources"][0]["text"] in bodies[0]["messages"][0]["content"]
        assert bodies[0]["model"] == "openai/gpt-4o-mini"
        assert KEY not in service.log + service.client.get("/metrics").text


@pytest.mark.parametrize(
    ("fault", "settings", "status", "detail", "retry_after"),
    [
        pytest.param(
            "401",
            {},
            502,
            "The language model's host refused the request (HTTP 401).",
            None,
            id="401",
        ),
        pytest.param(
            "429",
            {"LLM_RETRIES": "0"},
            503,
            "The language model takes no more questions at the moment.",
            "7",
            id="429",
        ),
        pytest.param(
            "timeout",
            {"LLM_TIMEOUT_S": "0.2"},
            504,
            "The language model did not answer in time.",
            None,
            id="timeout",
        ),
        pytest.param(
            "cut", {}, 502, "The connection to the language model broke off.", None, id="half"
        ),
    ],
)
def test_upstream_failures(tmp_path, fault, settings, status, detail, retry_after):
    with (
        local_upstream(faults={fault: 1.0}, retry_after_s=7) as local,
        running(tmp_path, LLM_API_KEY=KEY, LLM_BASE_URL=local.base_url, **settings) as service,
    ):
        response = service.chat("Do you take PayPal?", "a")
        assert response.headers["content-type"] == "application/problem+json"
        assert (response.status_code, response.json()["detail"]) == (status, detail)
        assert response.headers.get("retry-after") == retry_after
        assert service.metric("fit512_sessions_bytes") == 0
        assert service.metric("fit512_in_flight") == 0
        assert KEY not in service.log + response.text


def test_overload(tmp_path):
    with (
        local_upstream(faults={"timeout": 1.0}) as local,
        running(
            tmp_path,
            LLM_API_KEY=KEY,
            LLM_BASE_URL=local.base_url,
            LLM_TIMEOUT_S="1",
            MAX_IN_FLIGHT="2",
        ) as service,
        ThreadPoolExecutor(4) as pool,
    ):
        statuses = sorted(pool.map(lambda n: service.chat(f"{n}?").status_code, range(4)))
        assert statuses == [503, 503, 504, 504]
        assert service.client.get("/health").status_code == 200


def test_other_limits(tmp_path):
    settings = {"MAX_QUESTION_CHARS": "10", "MAX_BODY_KIB": "1", "TOP_K": "1"}
    with running(tmp_path, **settings) as service:
        assert service.chat("x" * 11).status_code == 422
        assert service.chat("x" * 1100).status_code == 413
        assert len(service.chat("returns?").json()["sources"]) == 1


def test_the_upstream_is_left_when_the_client_is_gone(tmp_path):
    with (
        local_upstream(token_rate=0.1) as local,
        running(
            tmp_path, LLM_API_KEY=KEY, LLM_BASE_URL=local.base_url, LLM_TIMEOUT_S="600"
        ) as service,
    ):
        with pytest.raises(httpx.ReadTimeout):
            service.client.post(
                "/chat",
                json={"question": "Do you take PayPal?"},
                timeout=httpx.Timeout(60, read=1),  # a slow machine may be slow to connect
            )
        eventually(lambda: service.metric("fit512_in_flight") == 0)
        eventually(lambda: "route=/chat status=499" in service.log)
        assert "Traceback" not in service.log


@pytest.mark.parametrize("path", ["/chat", "/chat/stream"])
def test_the_turn_id_of_another_question_is_refused(service, path):
    given = {"session_id": f"used-{path[-1]}", "turn_id": "t-1"}
    first = {"question": "Do you take PayPal?", **given}
    assert service.client.post("/chat", json=first).status_code == 200
    response = service.client.post(path, json={"question": "How much is shipping?", **given})
    assert (response.status_code, response.json()["detail"]) == (
        422,
        "This turn_id was used for another question of this conversation.",
    )
