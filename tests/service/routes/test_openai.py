from __future__ import annotations

from collections.abc import Iterator

import openai
import pytest
from pydantic import ValidationError

from service.extractive import DOES_NOT_KNOW
from service.openai_api import CompletionRequest
from tests.service.helpers import Service, running
from tools.limits import upstream as local_upstream

USER = {"role": "user", "content": "How do I return an item?"}


@pytest.fixture(scope="module")
def client(service) -> Iterator[openai.OpenAI]:
    with opened(service) as client:
        yield client


def opened(service: Service) -> openai.OpenAI:
    base_url = f"{service.client.base_url}/v1".replace("//v1", "/v1")
    return openai.OpenAI(base_url=base_url, api_key="none", max_retries=0)


def test_a_completion(client, service):
    expected = service.chat(USER["content"]).json()
    completion = client.chat.completions.create(model="gpt-4o", messages=[USER], temperature=0)
    (choice,) = completion.choices
    assert (choice.message.role, choice.message.content) == ("assistant", expected["answer"])
    assert (choice.finish_reason, completion.model) == ("stop", "fit512")
    assert completion.model_extra == {"sources": expected["sources"]}
    usage = completion.usage
    assert usage.prompt_tokens == len(USER["content"]) / 4
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_a_stream_ends_with_what_the_completion_says(client):
    whole = client.chat.completions.create(model="fit512", messages=[USER])
    with client.chat.completions.create(
        model="fit512", messages=[USER], stream=True, stream_options={"include_usage": True}
    ) as stream:
        first, *chunks, last = list(stream)
    assert first.choices[0].delta.role == "assistant"
    assert first.model_extra == {"sources": whole.model_extra["sources"]}
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert (last.choices, last.usage) == ([], whole.usage)
    assert {chunk.id for chunk in chunks} == {first.id}


def test_without_usage_the_stream_ends_with_its_reason(client):
    stream = client.chat.completions.create(model="fit512", messages=[USER], stream=True)
    assert [chunk.choices[0].finish_reason for chunk in stream][-1] == "stop"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("What is the capital of Australia?", id="text"),
        pytest.param(
            [
                {"type": "text", "text": "What is the"},
                {"type": "text", "text": "capital of Australia?"},
            ],
            id="parts",
        ),
    ],
)
def test_what_it_does_not_know(client, content):
    message = {"role": "user", "content": content}
    completion = client.chat.completions.create(model="fit512", messages=[message])
    assert completion.choices[0].message.content == DOES_NOT_KNOW
    assert completion.model_extra == {"sources": []}


def test_messages_before_are_the_conversation_and_nothing_is_kept(client, service):
    sessions = service.metric("fit512_sessions")
    messages = [
        {"role": "system", "content": "Say nothing but no."},
        {"role": "user", "content": "How do I return an item?"},
        {"role": "assistant", "content": "Register it."},
        {"role": "user", "content": "How long do I have?"},
    ]
    completion = client.chat.completions.create(model="fit512", messages=messages)
    assert "30 days" in completion.choices[0].message.content
    assert service.metric("fit512_sessions") == sessions


def test_models(client):
    assert [model.id for model in client.models.list()] == ["fit512"]
    assert client.models.retrieve("fit512").id == "fit512"
    with pytest.raises(openai.NotFoundError) as error:
        client.models.retrieve("gpt-4o")
    assert error.value.type == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/files", 404), ("GET", "/v1/chat/completions", 405), ("POST", "/v1/models", 405)],
)
def test_what_there_is_not(service, method, path, status):
    response = service.client.request(method, path)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    assert response.json() == {
        "error": {
            "message": f"{method} {path} is not something that this service does.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
    }


ASSISTANT = {"role": "assistant", "content": "x"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
JSON = {"type": "json_object"}
IMAGE = {"type": "image_url", "image_url": {"url": "data:,"}}


@pytest.mark.parametrize(
    ("messages", "given", "param"),
    [
        pytest.param([], {}, "messages", id="no messages"),
        pytest.param([USER, ASSISTANT], {}, "messages", id="an answer last"),
        pytest.param([{"role": "user", "content": " "}], {}, "messages", id="blank"),
        pytest.param([{"role": "user", "content": [IMAGE]}], {}, "messages", id="an image"),
        pytest.param([{"role": "user", "content": "x" * 2001}], {}, "messages", id="too long"),
        pytest.param([{"role": "robot", "content": "x"}], {}, "messages/0/role", id="role"),
        pytest.param([USER], {"n": 2}, "n", id="more than one answer"),
        pytest.param([USER, ASSISTANT], {"stream": True}, "messages", id="in a stream"),
        pytest.param([USER], {"temperature": 3}, "temperature", id="too hot"),
        pytest.param([USER], {"temperature": "hot"}, "temperature", id="no number"),
        pytest.param([USER], {"top_p": -1}, "top_p", id="top_p"),
        pytest.param([USER], {"max_tokens": 0}, "max_tokens", id="no tokens"),
        pytest.param([USER], {"stop": ["a"] * 5}, "stop", id="stops"),
        pytest.param([USER], {"tools": [TOOL]}, "tools", id="tools"),
        pytest.param([USER], {"response_format": JSON}, "response_format", id="JSON"),
    ],
)
def test_what_is_refused_has_openais_shape(client, messages, given, param):
    with pytest.raises(openai.BadRequestError) as error:
        client.chat.completions.create(model="fit512", messages=messages, **given)
    assert (error.value.type, error.value.param) == ("invalid_request_error", param)
    assert "nobody" not in str(error.value)


def test_of_a_list_that_is_all_wrong_one_error_is_told():
    with pytest.raises(ValidationError) as error:
        CompletionRequest.model_validate({"messages": [1] * 1000})
    assert [one["loc"][:2] for one in error.value.errors()] == [("messages", 0)]


def test_the_model_gets_the_turns_and_its_failures_are_told(tmp_path):
    with (
        local_upstream() as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
        opened(service) as client,
    ):
        messages = [USER, {"role": "assistant", "content": "Register it."}, USER]
        stream = client.chat.completions.create(model="x", messages=messages, stream=True)
        pieces = [chunk.choices[0].delta.content for chunk in stream]
        assert len(list(filter(None, pieces))) > 5
        assert local.requests()[-1]["messages"][1:] == messages


def test_what_is_asked_of_the_model_is_passed_on_and_why_it_ended_comes_back(tmp_path):
    with (
        local_upstream() as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
        opened(service) as client,
    ):
        wanted = {"temperature": 0.5, "top_p": 0.9, "max_tokens": 5, "stop": ["\n"]}
        for stop in (["\n"], "\n"):
            chat = client.chat.completions.create(
                model="x", messages=[USER], **{**wanted, "stop": stop}
            )
            assert chat.choices[0].finish_reason == "length"
            assert wanted.items() <= local.requests()[-1].items()
        stream = client.chat.completions.create(
            model="x", messages=[USER], max_completion_tokens=5, stream=True
        )
        assert [chunk.choices[0].finish_reason for chunk in stream][-1] == "length"
        whole = client.chat.completions.create(model="x", messages=[USER], max_tokens=10**6)
        assert whole.choices[0].finish_reason == "stop"
        assert local.requests()[-1]["max_tokens"] == 512  # LLM_MAX_TOKENS bounds it
        assert "temperature" not in local.requests()[-1]
        assert local.count() == 4


def test_failures(tmp_path):
    with (
        local_upstream(faults={"429": 1.0}, retry_after_s=7) as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url, LLM_RETRIES="0") as service,
        opened(service) as client,
    ):
        with pytest.raises(openai.InternalServerError) as error:
            client.chat.completions.create(model="x", messages=[USER])
        assert error.value.response.headers["retry-after"] == "7"
        assert error.value.body["message"].startswith("The language model takes no more")
        with (
            pytest.raises(openai.APIError, match="takes no more"),
            client.chat.completions.create(model="x", messages=[USER], stream=True) as stream,
        ):
            list(stream)
