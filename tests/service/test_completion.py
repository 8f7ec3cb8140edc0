from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.answers import UpstreamError
from service.completion import MAX_STREAM_BYTES, Completion, WholeCompletion, error_code


def event(text: str | None = None, *, finish: str | None = None) -> bytes:
    delta = {"content": text} if text is not None else {}
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


@pytest.mark.parametrize(
    ("stream", "pieces", "finished"),
    [
        pytest.param(b"", [], False, id="nothing"),
        pytest.param(event("a") + event("b"), ["a", "b"], False, id="half"),
        pytest.param(event("a") + b"data: [DONE]\n\n", ["a"], True, id="done"),
        pytest.param(event("a") + event(finish="stop"), ["a"], True, id="finish reason"),
        pytest.param(event("a", finish="length"), ["a"], True, id="text with the reason"),
        pytest.param(event("a").replace(b"\n", b"\r\n"), ["a"], False, id="CRLF"),
        pytest.param(event("a").replace(b"data: ", b"data:"), ["a"], False, id="no blank"),
        pytest.param(b": OPENROUTER PROCESSING\n\n" + event("a"), ["a"], False, id="comment"),
        pytest.param(b"event: x\nid: 1\n" + event("a"), ["a"], False, id="other fields"),
        pytest.param(b'data: {"choices": []}\n\n', [], False, id="usage"),
        pytest.param(event(""), [], False, id="the role"),
        pytest.param(b"data: [DONE]\n\n" + event("a"), [], True, id="after the end"),
        pytest.param(b'data: {"choices": [{"delta": {"content": 1}}]}\n', [], False, id="number"),
        pytest.param(b'data: {"choices": [null]}\n', [], False, id="no choice"),
    ],
)
def test_streams(stream, pieces, finished):
    completion = Completion()
    assert (completion.feed(stream), completion.finished) == (pieces, finished)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        pytest.param("stop", "stop", id="whole"),
        pytest.param("end_turn", "stop", id="a model's own word"),
        pytest.param("length", "length", id="cut"),
        pytest.param("MAX_TOKENS", "length", id="cut, in another host's words"),
        pytest.param("content_filter", "content_filter", id="filtered"),
        pytest.param("SAFETY", "content_filter", id="filtered, in another host's words"),
    ],
)
def test_why_it_ended(said, reason):
    streamed, whole = Completion(), WholeCompletion()
    streamed.feed(event("a", finish=said) + b"data: [DONE]\n\n")
    choice = {"message": {"content": "a"}, "finish_reason": said}
    whole.feed(json.dumps({"choices": [choice]}).encode())
    assert whole.end() == ["a"]
    assert streamed.finish_reason == whole.finish_reason == reason


def test_a_model_that_failed_half_way_is_no_answer():
    with pytest.raises(UpstreamError, match="reported an error"):
        Completion().feed(event("a", finish="error"))


@settings(deadline=None)
@given(st.lists(st.text(min_size=1, max_size=20), max_size=8), st.data())
def test_it_does_not_matter_where_the_bytes_are_cut(texts, data):
    stream = b"".join(event(text) for text in texts) + b"data: [DONE]\n\n"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=10)))
    completion = Completion()
    edges = zip([0, *cuts], [*cuts, len(stream)], strict=True)
    pieces = [piece for a, b in edges for piece in completion.feed(stream[a:b])]
    assert (pieces, completion.finished) == (texts, True)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        pytest.param(b'data: {"choi<html>\n', "sent garbage", id="garbage"),
        pytest.param(b"data: [1]\n", "reported an error", id="no object"),
        pytest.param(b'data: {"error": {"code": 502}}\n', "reported an error", id="error"),
        pytest.param(b"x" * (MAX_STREAM_BYTES + 1), "too long", id="endless line"),
    ],
)
def test_no_stream(stream, message):
    with pytest.raises(UpstreamError, match=message):
        Completion().feed(stream)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_an_upstream_error(noise):
    for completion in (Completion(), WholeCompletion()):
        try:
            assert all(isinstance(piece, str) for piece in completion.feed(b"data: " + noise))
            completion.end()
        except UpstreamError:
            pass


def test_the_end_of_half_an_answer():
    with pytest.raises(UpstreamError, match="broke off"):
        Completion().end()


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        pytest.param({"content": "yes"}, ["yes"], id="text"),
        pytest.param({"content": None}, [], id="none"),
    ],
)
def test_in_one_piece(message, answer):
    completion = WholeCompletion()
    body = json.dumps({"choices": [{"message": message}]}).encode()
    assert (completion.feed(body[:9]), completion.feed(body[9:])) == ([], [])
    assert not completion.finished
    assert (completion.end(), completion.finished) == (answer, True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b'{"error": {"code": 429}}', "429", id="number"),
        pytest.param(b'{"error": {"code": null, "type": "rate_limit"}}', "rate_limit", id="type"),
        pytest.param(b'{"error": {"code": "where is my parcel"}}', "-", id="a question"),
        pytest.param(b'{"error": "no"}', "-", id="text"),
        pytest.param(b"[]", "-", id="no object"),
        pytest.param(b"<html>", "-", id="garbage"),
    ],
)
def test_error_codes(body, code):
    assert error_code(body) == code


def test_a_long_answer_is_cut_off_where_it_is_too_long():
    completion = Completion(max_chars=3)
    assert completion.feed(event("abc")) == ["abc"]
    with pytest.raises(UpstreamError, match="too long"):
        completion.feed(event("d"))


@pytest.mark.parametrize(("text", "fits"), [("abc", True), ("abcd", False)])
def test_so_is_one_in_one_piece(text, fits):
    completion = WholeCompletion(max_chars=3)
    completion.feed(json.dumps({"choices": [{"message": {"content": text}}]}).encode())
    if fits:
        assert completion.end() == [text]
    else:
        with pytest.raises(UpstreamError, match="too long"):
            completion.end()
