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
        pytest.param("import streamlit as st\nst.title('x')\n", id="Streamlit has its own"),
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
