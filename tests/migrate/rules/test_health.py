from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tests.migrate.helpers import applied, check_noop, check_transformed, path, write
from tools.migrate.rules import health


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("print('/health')\n", id="no app"),
        pytest.param("class FastAPI: ...\napp = FastAPI()\n", id="an own class"),
    ],
)
def test_no_app_no_route(source):
    check_noop(health, source)


@pytest.mark.parametrize(
    "route",
    ["@app.get('/health')", "@app.get('/api/healthz')", "@router.get(path='/ping')"],
)
def test_a_health_route_is_kept(route):
    check_noop(
        health,
        f"from fastapi import FastAPI\napp = FastAPI()\n{route}\ndef alive(): ...\n",
        notes=[("kept", "app.py", 3)],
    )


@pytest.mark.parametrize(
    "route",
    [
        pytest.param("api.add_resource(Health, '/health')", id="Flask-RESTful"),
        pytest.param("api.add_resource(Up, '/up-to-date', '/healthz')", id="the second of two"),
        pytest.param("@ns.route('/health')\nclass Health(Resource): ...", id="flask-restx"),
        pytest.param("app.add_url_rule('/health', 'health', check)", id="add_url_rule"),
        pytest.param("app.add_url_rule(rule='/health', view_func=check)", id="rule by its name"),
        pytest.param(
            "app.add_url_rule('/health', view_func=Health.as_view('health'))", id="MethodView"
        ),
        pytest.param("app.add_view('/health', Health)", id="add_view"),
    ],
)
def test_a_health_route_of_flask_is_kept(route):
    check_noop(
        health,
        f"from flask import Flask\napp = Flask(__name__)\n{route}\n",
        notes=[("kept", "app.py", 3)],
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("class Health(Resource): ...\napi.add_resource(Health, '/v1/db')", id="class"),
        pytest.param("@bp.route('/db')\ndef health(): ...", id="function"),
        pytest.param("app.add_url_rule('/db', endpoint='health', view_func=f)", id="endpoint"),
        pytest.param("app.add_url_rule('/db', view_func=Db.as_view('health'))", id="as_view"),
    ],
)
@pytest.mark.parametrize("there", ["app.py", "views.py"])
def test_the_name_of_another_endpoint_is_not_taken(other, there):
    app = "from flask import Flask\nimport views\n"
    line = "app = Flask(__name__)\n"
    end = f"{other}\n" if there == "app.py" else ""
    with tempfile.TemporaryDirectory() as folder:
        files = {"views.py": "" if end else f"{other}\n", "app.py": f"{app}{line}{end}"}
        project = applied(health, write(Path(folder) / "repo", files))
        assert b"def fit512_health():" in project.read(path("app.py"))


def test_a_health_route_in_a_router_of_another_file():
    check_noop(
        health,
        {
            "app.py": "from fastapi import FastAPI\nfrom routes import r\napp = FastAPI()\n"
            "app.include_router(r)\n",
            "routes.py": "from fastapi import APIRouter\nr = APIRouter()\n"
            "@r.get('/health')\ndef h(): ...\n",
        },
    )


def test_before_the_first_route_with_its_comment():
    check_transformed(
        health,
        """\
        from fastapi import FastAPI

        app = FastAPI()
        app.mount("/static", files)

        def helper(): ...

        # the page
        @app.get("/")
        async def home():
          return 1

        @app.get("/{path:path}")
        async def everything(path): ...
        """,
        """\
        from fastapi import FastAPI

        app = FastAPI()
        app.mount("/static", files)

        def helper(): ...

        @app.get("/health")
        async def health():
          return {"status": "ok"}

        # the page
        @app.get("/")
        async def home():
          return 1

        @app.get("/{path:path}")
        async def everything(path): ...
        """,
        notes=[("changed", "app.py", 3)],
    )


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('app.mount("/", StaticFiles(directory="web"))', id="a mount of everything"),
        pytest.param("app.include_router(routes)", id="a router"),
        pytest.param('if __name__ == "__main__":\n    serve(app)', id="the main block"),
    ],
)
def test_before_what_may_take_every_path(line):
    check_transformed(
        health,
        f"from fastapi import FastAPI\napp = FastAPI()\n\n\n{line}\n",
        "from fastapi import FastAPI\napp = FastAPI()\n\n\n"
        '@app.get("/health")\nasync def health():\n    return {"status": "ok"}\n\n\n'
        f"{line}\n",
    )


def test_a_block_before_the_first_route_is_not_cut_off():
    check_transformed(
        health,
        """\
        from flask import Flask
        app = Flask(__name__)
        path = "x"
        if exists(path):
            load(path)
        @app.route("/")
        def home(): ...
        """,
        """\
        from flask import Flask
        app = Flask(__name__)
        path = "x"
        if exists(path):
            load(path)


        @app.route("/health")
        def health():
            return {"status": "ok"}


        @app.route("/")
        def home(): ...
        """,
    )


def test_nothing_behind_the_app():
    check_transformed(
        health,
        "from fastapi import FastAPI\napp = FastAPI()",
        "from fastapi import FastAPI\napp = FastAPI()\n\n\n"
        '@app.get("/health")\nasync def health():\n    return {"status": "ok"}',
    )


def test_flask_in_a_factory_with_tabs_and_crlf():
    check_transformed(
        health,
        {
            "app.py": b"from flask import Flask\r\ndef create_app():\r\n\tapp = Flask(__name__)\r\n"
            b"\r\n\t@app.route('/')\r\n\tdef home():\r\n\t\treturn ''\r\n\r\n\treturn app\r\n"
        },
        {
            "app.py": b"from flask import Flask\r\ndef create_app():\r\n\tapp = Flask(__name__)\r\n"
            b'\r\n\t@app.route("/health")\r\n\tdef health():\r\n\t\treturn {"status": "ok"}\r\n'
            b"\r\n\t@app.route('/')\r\n\tdef home():\r\n\t\treturn ''\r\n\r\n\treturn app\r\n"
        },
    )


def test_a_name_that_is_taken():
    check_transformed(
        health,
        """\
        from fastapi import FastAPI
        import health
        app = FastAPI()

        @app.get("/")
        def home(): return health.state()
        """,
        """\
        from fastapi import FastAPI
        import health
        app = FastAPI()

        @app.get("/health")
        async def fit512_health():
            return {"status": "ok"}

        @app.get("/")
        def home(): return health.state()
        """,
    )


def test_a_login_for_every_route_is_pointed_out():
    check_transformed(
        health,
        "from fastapi import FastAPI\napp = FastAPI(dependencies=[login])\n",
        "from fastapi import FastAPI\napp = FastAPI(dependencies=[login])\n\n\n"
        '@app.get("/health")\nasync def health():\n    return {"status": "ok"}\n',
        notes=[("changed", "app.py", 2), ("warning", "app.py", 2)],
    )


@pytest.mark.parametrize(
    "route",
    [
        "@app.post('/user/status')",
        "@app.delete('/ping')",
        "@cli.command('status')",
        "@app.get('/{x}/up')",
        "@app.route('/order/<id>/status')",
        "@app.api_route('/health', methods=['POST'])",
        "@api.get('/health')",
    ],
)
def test_what_is_no_health_check_of_this_app(route):
    head = "from fastapi import FastAPI\napi = FastAPI()\napp = FastAPI()\napp.mount('/api', api)\n"
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder) / "repo", {"app.py": f"{head}{route}\ndef f(): ...\n"})
        project = applied(health, root)
        assert [note.kind for note in project.notes] == ["changed"]
        staged = project.read(path("app.py"))
        assert staged.count(b'@app.get("/health")') == 1
        assert b'@api.get("/health")' not in staged
        write(root, {"app.py": staged})
        assert not applied(health, root).changed


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("import streamlit as st\nst.title('x')\n", "/_stcore/health"),
        ("import chainlit as cl\n", "answers / with"),
        ("import gradio as gr\ngr.Interface(f, 'text', 'text').launch()\n", "answers / with"),
        ("import telebot\nbot = telebot.TeleBot(t)\n", "start it as a worker"),
    ],
)
def test_a_page_of_its_own_is_named(source, path):
    entry = 1 if "(" not in source or "streamlit" in source else 2
    project = check_noop(health, source, notes=[("kept", "app.py", entry)])
    assert path in project.notes[0].message


def test_quart():
    check_transformed(
        health,
        "from quart import Quart\n\napp = Quart(__name__)\n\n\n@app.route('/')\nasync def home(): ...\n",
        "from quart import Quart\n\napp = Quart(__name__)\n\n\n"
        '@app.route("/health")\nasync def health():\n    return {"status": "ok"}\n\n\n'
        "@app.route('/')\nasync def home(): ...\n",
    )


def test_starlette():
    check_transformed(
        health,
        """\
        from starlette.applications import Starlette
        from starlette.routing import Mount, Route

        app = Starlette(routes=[Mount("/", web)])
        """,
        """\
        from starlette.applications import Starlette
        from starlette.routing import Mount, Route
        from starlette.responses import PlainTextResponse

        app = Starlette(routes=[Mount("/", web)])
        app.router.routes.insert(0, Route("/health", lambda request: PlainTextResponse("ok")))
        """,
        notes=[("changed", "app.py", 4)],
    )


def test_starlette_answers():
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount, Route
    from starlette.testclient import TestClient

    app = Starlette(routes=[Mount("/", PlainTextResponse("all"))])
    app.router.routes.insert(0, Route("/health", lambda request: PlainTextResponse("ok")))
    assert TestClient(app).get("/health").text == "ok"


DJANGO = {
    "manage.py": "from django.core.management import execute_from_command_line\n"
    "execute_from_command_line([])\n",
    "site/settings.py": "ROOT_URLCONF = 'site.urls'\n",
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "from django.urls import path, include\n\nurlpatterns = [  # ours\n  path('', home),\n]\n",
            "from django.urls import path, include\nfrom django.http import HttpResponse\n\n"
            "urlpatterns = [  # ours\n"
            '  path("health", lambda request: HttpResponse("ok")),\n  path(\'\', home),\n]\n',
            id="a line for each",
        ),
        pytest.param(
            "from django.conf.urls import url\nurlpatterns = [url(r'^$', home)]\n",
            "from django.conf.urls import url\nfrom django.urls import path\n"
            "from django.http import HttpResponse\n"
            'urlpatterns = [path("health", lambda request: HttpResponse("ok")), url(r\'^$\', home)]\n',
            id="in one line",
        ),
        pytest.param(
            "urlpatterns = []\n",
            "from django.urls import path\nfrom django.http import HttpResponse\n"
            'urlpatterns = [path("health", lambda request: HttpResponse("ok")), ]\n',
            id="empty",
        ),
    ],
)
def test_django(before, after):
    check_transformed(
        health,
        {**DJANGO, "site/urls.py": before},
        {"site/urls.py": after},
        notes=[("changed", "site/urls.py", before[: before.index("urlp")].count("\n") + 1)],
    )


@pytest.mark.parametrize(
    ("urls", "notes"),
    [
        ("from django.urls import path\nurlpatterns = [path('healthz/', up)]\n", ("kept", 2)),
        ("from django.urls import re_path\nurlpatterns = [re_path(r'^ping/$', up)]\n", ("kept", 2)),
        ("def path(): ...\nurlpatterns = []\n", ("skipped", 2)),
        ("urlpatterns = make()\n", ("skipped", None)),
    ],
)
def test_django_left_alone(urls, notes):
    kind, line = notes
    check_noop(health, {**DJANGO, "site/urls.py": urls}, notes=[(kind, "site/urls.py", line)])


def test_a_handler_that_keeps_the_route_waiting_is_named_by_its_line_before():
    head = "from fastapi import FastAPI\nfrom langchain_groq import ChatGroq\napp = FastAPI()\n\n"
    chat = "@app.post('/chat')\nasync def chat(q):\n    return chain.invoke(q)\n"
    route = '@app.get("/health")\nasync def health():\n    return {"status": "ok"}\n\n'
    check_transformed(
        health,
        head + chat,
        head + route + chat,
        notes=[("changed", "app.py", 3), ("warning", "app.py", 7)],
    )
