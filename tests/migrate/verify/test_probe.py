from __future__ import annotations

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.serving.find import served_apps
from tools.migrate.verify.probe import FORM, JSON, Probe, find_probe
from vectorstore.commandline import CommandError

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FLASK = "from flask import Flask, request\napp = Flask(__name__)\n"


def probe(root, files) -> str:
    project = Project.open(write(root, files))
    return str(find_probe(project, served_apps(project)[0]))


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param(
            {"app.py": FASTAPI + '@app.post("/chat")\nasync def chat(request):\n    d = await request.json()\n    q = d.get("question", "")\n'},
            'POST /chat {"question": "{question}"}',
            id="key read by get",
        ),
        pytest.param(
            {"app.py": FLASK + '@app.route("/predict", methods=["POST"])\ndef predict():\n    text = request.get_json()["message"]\n'},
            'POST /predict {"message": "{question}"}',
            id="Flask route",
        ),
        pytest.param(
            {"app.py": FLASK + '@app.route("/get", methods=["GET", "POST"])\ndef chat():\n    msg = request.form["msg"]\n'},
            "POST /get msg={question}",
            id="Flask form",
        ),
        pytest.param(
            {"app.py": FLASK + '@app.route("/ask")\ndef ask():\n    return request.args.get("query")\n'},
            "GET /ask?query={question}",
            id="Flask query",
        ),
        pytest.param(
            {"app.py": FASTAPI + 'class Body(BaseModel):\n    session: str = ""\n    query: str\n\n@app.post("/ask")\ndef ask(body: Body):\n    return body.query\n'},
            'POST /ask {"query": "{question}"}',
            id="pydantic field",
        ),
        pytest.param(
            {"app.py": FASTAPI + '@app.post("/chat")\ndef chat(message: str = Form(...)):\n    return message\n'},
            "POST /chat message={question}",
            id="FastAPI form",
        ),
        pytest.param(
            {"app.py": FASTAPI + '@app.get("/chat")\ndef chat(question: str):\n    return question\n'},
            "GET /chat?question={question}",
            id="FastAPI query",
        ),
        pytest.param(
            {"app.py": FASTAPI + '@app.post("/upload")\ndef up(d):\n    return d["text"]\n\n@app.post("/chat")\ndef chat(d):\n    return d["text"]\n'},
            'POST /chat {"text": "{question}"}',
            id="the path that chats first",
        ),
        pytest.param(
            {
                "app.py": f"from routes import router\nfrom models import Ask\n{FASTAPI}app.include_router(router, prefix='/api')\n",
                "routes.py": "from models import Ask\nrouter = APIRouter(prefix='/v1')\n@router.post('/ask')\ndef ask(body: Ask): ...\n",
                "models.py": "class Ask(BaseModel):\n    user_input: str\n",
            },
            'POST /api/v1/ask {"user_input": "{question}"}',
            id="a router and a model of other files",
        ),
        pytest.param(
            {"app.py": FASTAPI + '@app.get("/")\ndef home():\n    return "hello"\n'}, "None", id="none"
        ),
        pytest.param(
            {"app.py": FASTAPI + '@app.post("/chat/{name}")\ndef chat(name: str, question: str): ...\n'},
            "None",
            id="a path with parameters",
        ),
    ],
)  # fmt: skip
def test_find_probe(tmp_path, files, expected):
    assert probe(tmp_path, files) == expected


@pytest.mark.parametrize(
    ("text", "path", "body", "kind"),
    [
        ('post /chat {"question": "{question}"}', "/chat", '{"question": "a \\"b\\" & c"}', JSON),
        ("POST /get msg={question}&x=1", "/get", "msg=a+%22b%22+%26+c&x=1", FORM),
        ("GET /ask?q={question}", "/ask?q=a%20%22b%22%20%26%20c", "", FORM),
    ],
)
def test_a_probe_escapes_the_question(text, path, body, kind):
    asked = Probe.parse(text)
    question = 'a "b" & c'
    assert (asked.fill_path(question), asked.fill(question), asked.content_type) == (
        path,
        body,
        kind,
    )


@pytest.mark.parametrize("text", ["", "POST /chat", "POST chat {question}", "POST /chat {}"])
def test_a_probe_that_cannot_be_read_is_refused(text):
    with pytest.raises(CommandError, match="cannot be read"):
        Probe.parse(text)
