from __future__ import annotations

import tempfile
from pathlib import Path, PurePosixPath

import pytest

from tests.migrate.helpers import applied, check_noop, check_transformed, write
from tools.migrate.rules import errors

MODEL = "from langchain_openai import ChatOpenAI\nllm = ChatOpenAI()\n"


@pytest.mark.parametrize(
    "routes",
    [
        pytest.param("@app.get('/')\ndef home():\n    return 1\n", id="no call of a model"),
        pytest.param(
            "@app.post('/chat')\ndef chat(q):\n"
            "    try:\n        return llm.invoke(q)\n    except Exception:\n        return 'sorry'\n",
            id="caught where it is called",
        ),
        pytest.param(
            "def ask(q):\n    return llm.invoke(q)\n\n\n@app.post('/chat')\ndef chat(q):\n"
            "    try:\n        return ask(q)\n    except Exception:\n        return 'sorry'\n",
            id="caught by the caller",
        ),
        pytest.param(
            "@app.exception_handler(Exception)\ndef handle(request, error): ...\n"
            "@app.post('/chat')\ndef chat(q):\n    return llm.invoke(q)\n",
            id="a handler of its own",
        ),
        pytest.param(
            "import subprocess\n@app.post('/run')\ndef run(q):\n    return subprocess.run(q)\n",
            id="another run",
        ),
    ],
)
def test_left_alone(routes):
    check_noop(errors, f"from fastapi import FastAPI\n{MODEL}app = FastAPI()\n{routes}")


def test_a_model_in_the_same_process_has_no_network():
    check_noop(
        errors,
        "from flask import Flask\nfrom langchain_community.llms import LlamaCpp\n"
        "llm = LlamaCpp(model_path='m')\napp = Flask(__name__)\n\n\n@app.route('/')\n"
        "def ask():\n    return llm.invoke('x')\n",
    )


def test_fastapi_with_the_call_in_another_file():
    project = check_transformed(
        errors,
        {
            "app.py": """\
            from fastapi import FastAPI
            from bot import ask

            app = FastAPI()


            @app.post("/chat")
            def chat(q: str):
                return ask(q)
            """,
            "bot.py": f"{MODEL}def ask(q):\n    return llm.invoke(q)\n",
        },
        {
            "app.py": """\
            from fastapi import FastAPI
            from bot import ask
            from fit512_runtime.model_errors import ModelErrorMiddleware

            app = FastAPI()
            app.add_middleware(ModelErrorMiddleware)


            @app.post("/chat")
            def chat(q: str):
                return ask(q)
            """
        },
        notes=[("changed", "app.py", 4)],
    )
    assert "llm.invoke in bot.py:4" in project.notes[0].message


def test_flask_in_a_factory():
    check_transformed(
        errors,
        "from flask import Flask\nimport openai\n\n\ndef create_app():\n    app = Flask(__name__)\n"
        "    @app.errorhandler(404)\n    def missing(e): ...\n"
        "    @app.route('/')\n    def ask():\n"
        "        return openai.chat.completions.create(model='m')\n    return app\n",
        "from flask import Flask\nimport openai\n"
        "from fit512_runtime.model_errors import answer_model_error\n\n\n"
        "def create_app():\n    app = Flask(__name__)\n"
        "    app.register_error_handler(Exception, answer_model_error)\n"
        "    @app.errorhandler(404)\n    def missing(e): ...\n"
        "    @app.route('/')\n    def ask():\n"
        "        return openai.chat.completions.create(model='m')\n    return app\n",
    )


FLASK = f"from flask import Flask, Response\n{MODEL}app = Flask(__name__)\n"
STREAM = "def gen(q):\n    for c in llm.stream(q):\n        yield c\n"


@pytest.mark.parametrize(
    ("routes", "line"),
    [
        pytest.param(
            f"{STREAM}@app.route('/')\ndef a(): return Response(gen(1))\n", 6, id="stream"
        ),
        pytest.param(
            f"{STREAM}@app.route('/')\ndef a():\n    try:\n        return Response(gen(1))\n"
            "    except Exception:\n        return 'sorry'\n",
            6,
            id="a try around the response alone",
        ),
        pytest.param(
            "@app.route('/')\ndef a(): return Response(llm.stream(1))\n", 6, id="handed on"
        ),
        pytest.param(
            "def ask(q): return llm.invoke(q)\ndef gen(): yield ask(1)\n"
            "@app.route('/')\ndef a(): return Response(gen())\n",
            5,
            id="called in a generator",
        ),
        pytest.param(
            "@socketio.on('message')\ndef a(m): emit('answer', llm.invoke(m))\n", 6, id="socket"
        ),
        pytest.param(
            "class Bot:\n    def ask(self, q): return llm.invoke(q)\n"
            "@socketio.on('message')\ndef a(m): emit('answer', bot.ask(m))\n",
            6,
            id="a method that a socket calls",
        ),
        pytest.param("@app.websocket('/ws')\ndef a(m): llm.invoke(m)\n", 6, id="websocket"),
        pytest.param(
            "def work(q): llm.invoke(q)\n@app.route('/')\ndef a():\n"
            "    Thread(target=work, args=(1,)).start()\n",
            5,
            id="thread",
        ),
    ],
)
def test_no_answer_is_claimed_where_none_is_given(routes, line):
    check_noop(errors, f"{FLASK}{routes}", notes=[("warning", "app.py", line)])


def test_an_answer_beside_a_stream():
    routes = f"{STREAM}@app.route('/')\ndef ask(): return llm.invoke(1)\n"
    head, _, app = FLASK.partition("app =")
    check_transformed(
        errors,
        f"{FLASK}{routes}",
        f"{head.replace(MODEL, '')}{MODEL.splitlines()[0]}\n"
        "from fit512_runtime.model_errors import answer_model_error\n"
        f"llm = ChatOpenAI()\napp ={app}app.register_error_handler(Exception, answer_model_error)\n"
        f"{routes}",
        notes=[("changed", "app.py", 4), ("warning", "app.py", 6)],
    )


@pytest.mark.parametrize(
    "use",
    [
        pytest.param("    return ''.join(gen(1))\n", id="joined"),
        pytest.param("    for c in gen(1):\n        keep(c)\n    return ''\n", id="in a loop"),
        pytest.param("    return ''.join(c for c in llm.stream(1))\n", id="no generator function"),
    ],
)
def test_a_generator_that_is_used_up_before_the_answer(use):
    with tempfile.TemporaryDirectory() as folder:
        head = STREAM if "gen" in use else ""
        source = f"{FLASK}{head}@app.route('/')\ndef ask():\n{use}"
        project = applied(errors, write(Path(folder) / "repo", {"app.py": source}))
        assert [note.kind for note in project.notes] == ["changed"]


@pytest.mark.parametrize(
    ("handler", "caught"),
    [
        ("except Exception:", True),
        ("except BaseException as error:", True),
        ("except:", True),
        ("except openai.OpenAIError:", True),
        ("except (ValueError, APIError):", True),
        ("except requests.exceptions.RequestException:", True),
        ("except ValueError:", False),
        ("except (KeyError, OwnError):", False),
    ],
)
def test_only_a_handler_of_such_errors_counts(handler, caught):
    with tempfile.TemporaryDirectory() as folder:
        source = (
            f"import openai, requests\nfrom openai import APIError\n{FLASK}@app.route('/')\n"
            f"def a():\n    try:\n        return llm.invoke(1)\n    {handler}\n        return ''\n"
        )
        project = applied(errors, write(Path(folder) / "repo", {"app.py": source}))
        assert bool(project.changed) is not caught


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(f"import streamlit as st\n{MODEL}st.write(llm.invoke('x'))\n", id="streamlit"),
        pytest.param(
            f"import chainlit as cl\n{MODEL}async def main(m): await llm.ainvoke(m)\n",
            id="chainlit",
        ),
        pytest.param(
            f"import gradio\n{MODEL}gradio.Interface(lambda q: chain({{'question': q}}), 'text')\n"
            "def f(q): return chain({'question': q})\n",
            id="gradio, a chain that is called",
        ),
    ],
)
def test_named_where_there_is_no_place_for_a_handler(source):
    line = source.count("\n")
    check_noop(errors, source, notes=[("warning", "app.py", line)])


def test_a_bot_with_an_error_handler():
    check_noop(
        errors,
        f"from telegram.ext import ApplicationBuilder\n{MODEL}app = ApplicationBuilder().build()\n"
        "app.add_error_handler(log)\nasync def answer(u, c): await llm.ainvoke(u)\n",
    )


def test_functions_that_all_call_each_other_are_asked_once_each():
    names = [f"step_{number}" for number in range(40)]
    calls = "".join(f"    {name}(q)\n" for name in names)
    steps = "".join(f"def {name}(q):\n{calls}    return llm.invoke(q)\n\n\n" for name in names)
    route = "@app.post('/chat')\ndef chat(q):\n    return step_0(q)\n"
    source = f"from fastapi import FastAPI\n{MODEL}app = FastAPI()\n{steps}{route}"
    with tempfile.TemporaryDirectory() as folder:
        project = applied(errors, write(Path(folder) / "repo", {"app.py": source}))
        text = project.read(PurePosixPath("app.py"))
        assert b"app.add_middleware(ModelErrorMiddleware)\n" in text


@pytest.mark.parametrize(
    ("call", "shown"),
    [
        pytest.param("make_chain(q).invoke(q)", "make_chain(q).invoke", id="made for the call"),
        pytest.param('build_qa(q)({"query": q})', "build_qa(q)", id="a chain of old, made for it"),
        pytest.param("chains[q].invoke(q)", "chains[q].invoke", id="kept by a key"),
        pytest.param("(prompt | llm).invoke(q)", "(prompt | llm).invoke", id="put together there"),
        pytest.param('kept["chain"].run(q)', "kept['chain'].run", id="named by its key"),
    ],
)
def test_a_model_that_is_called_without_a_name_of_its_own(tmp_path, call, shown):
    route = f"@app.route('/')\ndef ask(q):\n    return {call}\n"
    code = f"from flask import Flask\n{MODEL}app = Flask(__name__)\n{route}"
    project = applied(errors, write(tmp_path, {"app.py": code}))
    [note] = project.notes
    assert f"({shown} in app.py:7) is answered with 503" in note.message


def test_what_the_names_do_not_tell_is_left_alone():
    route = "@app.route('/')\ndef ask(q):\n    return (a | b).run(q) or jobs[q].run(q)\n"
    check_noop(errors, f"from flask import Flask\n{MODEL}app = Flask(__name__)\n{route}")
