from __future__ import annotations

import pytest

from tools.profile.asked import FIELDS, find_requests, questions, read_requests
from tools.profile.client import Request
from vectorstore.commandline import CommandError


def test_none_named():
    assert read_requests([]) is None


def test_paths_and_urls():
    asked = read_requests(["/health", "http://127.0.0.1:8000/search?q=a b", "https://example.org"])
    assert asked is not None
    assert asked.requests == (
        Request("GET", "/health"),
        Request("GET", "/search?q=a%20b"),
        Request("GET", "/"),
    )


def test_a_file_of_json_lines(tmp_path):
    file = tmp_path / "requests.jsonl"
    file.write_text(
        '{"path": "/chat", "json": {"question": "ä"}}\n\n{"method": "put", "path": "/x"}\n'
        '{"path": "/get", "form": {"msg": "ä"}, "headers": {"Authorization": "Bearer x"}}'
    )
    asked = read_requests([str(file)])
    assert asked is not None
    assert asked.requests == (
        Request("POST", "/chat", {"question": "ä"}),
        Request("PUT", "/x"),
        Request("POST", "/get", form={"msg": "ä"}, headers={"Authorization": "Bearer x"}),
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param("{", "2: is no JSON", id="broken"),
        pytest.param("[]", '2: needs a "path" that begins with a slash', id="a list"),
        pytest.param('{"path": "chat"}', '2: needs a "path"', id="no slash"),
        pytest.param(
            '{"path": "/", "body": 1}', "2: 'body' is not known; use form, headers,", id="a key"
        ),
        pytest.param('{"path": "/", "form": "a=1"}', '2: "form" must be an object', id="no form"),
        pytest.param(
            '{"path": "/", "method": "DROP"}', "2: 'DROP' is no method of HTTP", id="method"
        ),
        pytest.param(
            '{"path": "/", "headers": {"Accept": "text/html\\nX: 1"}}',
            "2: the header 'Accept' cannot be sent",
            id="a header of two lines",
        ),
        pytest.param(
            '{"path": "/", "headers": {"X-Name": "\\u0142"}}',
            "2: the header 'X-Name' cannot be sent",
            id="a header that is no Latin",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(line, said, tmp_path):
    file = tmp_path / "requests.jsonl"
    file.write_text(f'{{"path": "/"}}\n{line}\n')
    with pytest.raises(CommandError) as refused:
        read_requests([str(file)])
    assert said in str(refused.value)


def test_a_missing_file_says_what_could_stand_in_it():
    with pytest.raises(CommandError, match=r'No such file.*\{"method": "POST", "path": "/chat"'):
        read_requests(["none.jsonl"])


def test_questions_for_the_first_chat_path_that_takes_one():
    tried = []

    def accepts(request):
        tried.append((request.path, *(request.json or {})))
        return tried[-1] == ("/api/chat", "message")

    asked = find_requests(accepts, "/health", 3)
    assert asked.source == "questions of ours to POST /api/chat, as message"
    assert [(r.method, r.path, [*r.json]) for r in asked.requests] == [
        ("POST", "/api/chat", ["message"])
    ] * 3
    assert tried[:2] == [("/chat",), ("/chat", "question")]
    assert tried[-1] == ("/api/chat", "message", "session_id")


def test_an_app_that_takes_anything_gets_its_question_whatever_it_reads():
    """The usual Flask bot: `request.get_json().get("message", "")`, and 200 without one."""
    asked = find_requests(lambda request: request.path == "/ask", "/health", 10)
    assert {*asked.requests[0].json} == {*FIELDS, "session_id"}
    assert len({text for name, text in asked.requests[0].json.items() if name in FIELDS}) == 1
    assert [request.json["session_id"] for request in asked.requests[6:]] == [
        "profile-6",
        "profile-7",
        "profile-0",
        "profile-1",
    ]


def test_an_app_with_a_form():
    def accepts(request):
        return request.path == "/get" and "msg" in (request.form or {})

    asked = find_requests(accepts, "/health", 2)
    assert asked.source == "questions of ours to POST /get, as msg"
    assert [(r.json, [*r.form]) for r in asked.requests] == [(None, ["msg", "session_id"])] * 2


def test_an_app_without_a_chat_is_asked_for_its_health():
    asked = find_requests(lambda request: False, "/healthz", 3)
    assert asked.requests == (Request("GET", "/healthz"),)
    assert asked.source.startswith("GET /healthz: no chat path accepted a question")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"path": "/x"}'.encode("utf-16"), "is no text in UTF-8. Save it as such."),
        (b"\n \n", "holds no request."),
        (b"", "holds no request."),
    ],
)
def test_a_file_without_requests_is_refused(tmp_path, content, said):
    (tmp_path / "asked").write_bytes(content)
    with pytest.raises(CommandError, match=f"{tmp_path}/asked: {said} --requests takes files"):
        read_requests([str(tmp_path / "asked")])


def test_a_path_is_sent_as_ascii_without_spaces(tmp_path):
    (tmp_path / "asked").write_text('\ufeff{"path": "/é b?q=ü&r=%20#"}', "utf-8")
    asked = read_requests([str(tmp_path / "asked"), "/a b?q=é"])
    assert [request.path for request in asked.requests] == [
        "/%C3%A9%20b?q=%C3%BC&r=%20#",
        "/a%20b?q=%C3%A9",
    ]


def test_questions_differ_and_are_the_same_next_time():
    made = questions(500)
    assert len(set(made)) == 500
    assert made == questions(500)
    assert len({word for question in made for word in question.lower().split()}) > 1000
