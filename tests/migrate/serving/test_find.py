"""What is found as an app, and how it is started: one small repository for each pattern."""

from __future__ import annotations

import pytest

from tests.migrate.helpers import write
from tools.migrate.project import Project
from tools.migrate.serving.app import ServedApp
from tools.migrate.serving.find import served_apps

FASTAPI = "from fastapi import FastAPI\napp = FastAPI()\n"
FLASK = "from flask import Flask\napp = Flask(__name__)\n"
DJANGO = {
    "manage.py": """\
        import os
        from django.core.management import execute_from_command_line
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
        execute_from_command_line()
        """,
    "site1/settings.py": "",
    "site1/wsgi.py": """\
        import os
        from django.core.wsgi import get_wsgi_application
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
        application = get_wsgi_application()
        """,
}
UVICORN = "uvicorn {} --host 0.0.0.0 --port $PORT --workers 1"
GUNICORN = "gunicorn --workers 1 --threads 8 --bind 0.0.0.0:$PORT {}"
STREAMLIT = "streamlit run {} --server.address 0.0.0.0 --server.port $PORT --server.headless true"
CHAINLIT = "chainlit run {} --headless --host 0.0.0.0 --port $PORT"
GRADIO = "env GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python {}"


def apps(root, files) -> list[ServedApp]:
    return served_apps(Project.open(write(root, files)))


@pytest.mark.parametrize(
    ("files", "framework", "made", "target", "command", "port"),
    [
        pytest.param(
            {"app.py": FASTAPI}, "fastapi", "module", "app:app", UVICORN.format("app:app"), "$PORT",
            id="FastAPI",
        ),
        pytest.param(
            {"main.py": "from starlette.applications import Starlette\nweb = Starlette()\n"},
            "starlette", "module", "main:web", UVICORN.format("main:web"), "$PORT", id="Starlette",
        ),
        pytest.param(
            {"main.py": "from quart import Quart\napp = Quart(__name__)\n"},
            "quart", "module", "main:app",
            "hypercorn --workers 1 --bind 0.0.0.0:$PORT main:app", "$PORT", id="Quart",
        ),
        pytest.param(
            {"app.py": FLASK}, "flask", "module", "app:app", GUNICORN.format("app:app"), "$PORT",
            id="Flask",
        ),
        pytest.param(
            {"web/__init__.py": "from flask import Flask\ndef create_app(config=None):\n    app = Flask(__name__)\n    return app\n"},
            "flask", "factory", "web:create_app", GUNICORN.format("'web:create_app()'"), "$PORT",
            id="Flask factory that nothing calls",
        ),
        pytest.param(
            {
                "web/__init__.py": "from flask import Flask\ndef create_app(config):\n    app = Flask(__name__)\n    return app\n",
                "main.py": "from web import create_app\nserver = create_app(1)\n",
            },
            "flask", "module", "main:server", GUNICORN.format("main:server"), "$PORT",
            id="Flask factory called in another file",
        ),
        pytest.param(
            {"main.py": "from fastapi import FastAPI\ndef make():\n    app = FastAPI()\n    return app\n"},
            "fastapi", "factory", "main:make", UVICORN.format("--factory main:make"), "$PORT",
            id="FastAPI factory",
        ),
        pytest.param(
            {"bot.py": "from flask import Flask\nif __name__ == '__main__':\n    app = Flask(__name__)\n    app.run(port=8080)\n"},
            "flask", "main", None, "python bot.py", 8080, id="only under __main__",
        ),
        pytest.param(
            {"bot.py": "import os, uvicorn\nfrom fastapi import FastAPI\nif __name__ == '__main__':\n    app = FastAPI()\n    uvicorn.run(app, port=int(os.getenv('PORT', 8000)))\n"},
            "fastapi", "main", None, "python bot.py", "$PORT",
            id="under __main__, the environment says the port",
        ),
        pytest.param(
            DJANGO, "django", "module", "site1.wsgi:application",
            GUNICORN.format("site1.wsgi:application"), "$PORT", id="Django",
        ),
        pytest.param(
            {"a b/chat app.py": "import streamlit as st\nst.title('x')\n"},
            "streamlit", "script", None, STREAMLIT.format("'chat app.py'"), "$PORT",
            id="Streamlit, names with spaces",
        ),
        pytest.param(
            {"bot.py": "import chainlit as cl\n@cl.on_message\nasync def on(m): ...\n"},
            "chainlit", "script", None, CHAINLIT.format("bot.py"), "$PORT", id="Chainlit",
        ),
        pytest.param(
            {"ui.py": "import gradio as gr\nwith gr.Blocks() as demo:\n    pass\ndemo.launch()\n"},
            "gradio", "script", None, GRADIO.format("ui.py"), "$PORT", id="Gradio",
        ),
        pytest.param(
            {"ui.py": "import gradio as gr\ngr.Interface(print).launch(server_port=7000)\n"},
            "gradio", "script", None, GRADIO.format("ui.py"), 7000, id="Gradio on its own port",
        ),
        pytest.param(
            {"bot.py": "from telegram.ext import ApplicationBuilder\nif __name__ == '__main__':\n    app = ApplicationBuilder().token('t').build()\n    app.run_polling()\n"},
            "telegram", "script", None, "python bot.py", None, id="Telegram",
        ),
        pytest.param(
            {"chat.py": "while True:\n    print(input('> '))\n"},
            "cli", "script", None, "python chat.py", None, id="a loop on the terminal",
        ),
    ],
)  # fmt: skip
def test_one_app(tmp_path, files, framework, made, target, command, port):
    (app,) = apps(tmp_path, files)
    seen = (app.framework, app.made, app.target, app.command, app.port, app.launched_by)
    assert seen == (framework, made, target, command, port, None)


@pytest.mark.parametrize(
    ("launch", "command", "said_by", "port"),
    [
        pytest.param(
            {"Procfile": "web: gunicorn -k uvicorn.workers.UvicornWorker api.main:app\n"},
            "gunicorn -k uvicorn.workers.UvicornWorker api.main:app", "Procfile:1", "$PORT",
            id="Procfile; gunicorn takes $PORT by itself",
        ),
        pytest.param(
            {"Dockerfile": 'FROM python:3.11\nCMD ["uvicorn", "api.main:app", "--port", "${PORT:-80}"]\n'},
            "uvicorn api.main:app --port ${PORT:-80}", "Dockerfile:2", "$PORT", id="Dockerfile",
        ),
        pytest.param(
            {"Dockerfile": 'CMD ["sh", "-c", "cd /app && uvicorn api.main:app --port 9000"]\n'},
            "uvicorn api.main:app --port 9000", "Dockerfile:1", 9000, id="a shell in a Dockerfile",
        ),
        pytest.param(
            {
                "start.sh": "uvicorn api.main:app --port 1\n",
                "render.yaml": "services:\n- startCommand: uvicorn api.main:app --port 2222\n",
            },
            "uvicorn api.main:app --port 2222", "render.yaml:2", 2222, id="a host's file first",
        ),
        pytest.param(
            {"Procfile": "web: python run.py\n", "run.py": "import uvicorn\nfrom api.main import app\nuvicorn.run(app, port=5)\n"},
            "python run.py", "Procfile:1", 5, id="a file that starts it",
        ),
    ],
)  # fmt: skip
def test_what_a_launch_file_starts(tmp_path, launch, command, said_by, port):
    app = apps(tmp_path, {"api/main.py": FASTAPI, **launch})[0]
    assert (app.command, app.launched_by, app.port) == (command, said_by, port)
    assert app.target == "api.main:app"


@pytest.mark.parametrize(
    ("launch", "runs_in"),
    [
        pytest.param("Procfile: web: python api/main.py", ".", id="the file below"),
        pytest.param("Procfile: web: fastapi run api/main.py", ".", id="fastapi"),
        pytest.param("Procfile: web: uvicorn api.main:app", ".", id="the module below"),
        pytest.param("Procfile: web: uvicorn --app-dir api main:app", ".", id="--app-dir"),
        pytest.param("Procfile: web: gunicorn --chdir=api main:app", ".", id="--chdir"),
        pytest.param("Procfile: web: cd api && uvicorn main:app", "api", id="cd"),
        pytest.param("Procfile: web: cd api && cd .. && python api/main.py", ".", id="and back"),
        pytest.param("Procfile: web: uvicorn main:app", "api", id="a host is told the folder"),
        pytest.param("deploy/run.sh: uvicorn api.main:app", ".", id="a script in another folder"),
        pytest.param("api/Dockerfile: CMD uvicorn main:app", "api", id="a file beside it"),
        pytest.param("Dockerfile: CMD cd /app && uvicorn api.main:app", ".", id="in an image"),
    ],
)
def test_where_a_launch_file_runs_its_command(tmp_path, launch, runs_in):
    name, _, line = launch.partition(": ")
    (app,) = apps(tmp_path, {"api/main.py": FASTAPI, "api/other.py": "", name: f"{line}\n"})
    assert (app.launched_by, str(app.runs_in)) == (f"{name}:1", runs_in)


@pytest.mark.parametrize(
    ("launch", "command"),
    [
        pytest.param(
            "Procfile: web: python manage.py migrate && gunicorn site1.wsgi",
            "python manage.py migrate && gunicorn site1.wsgi", id="the server after a migration",
        ),
        pytest.param(
            "Procfile: web: cd . && python manage.py collectstatic --noinput; gunicorn site1.wsgi",
            "python manage.py collectstatic --noinput; gunicorn site1.wsgi", id="cd, and ;",
        ),
        pytest.param(
            "Procfile: web: sh setup.sh || true && gunicorn site1.wsgi > log 2>&1",
            "sh setup.sh || true && gunicorn site1.wsgi > log 2>&1", id="a script, redirections",
        ),
        pytest.param(
            "Procfile: web: gunicorn site1.wsgi & python worker.py",
            "gunicorn site1.wsgi & python worker.py", id="in the background",
        ),
        pytest.param(
            "Procfile: web: gunicorn site1.wsgi | tee log", "gunicorn site1.wsgi | tee log",
            id="a pipe",
        ),
        pytest.param("Procfile: web: gunicorn site1.wsgi &", "gunicorn site1.wsgi &", id="& last"),
        pytest.param(
            'Dockerfile: CMD ["sh", "-c", "python manage.py migrate && exec gunicorn site1.wsgi"]',
            "python manage.py migrate && exec gunicorn site1.wsgi", id="a shell in an image",
        ),
        pytest.param(
            "render.yaml: startCommand: >-\n  python manage.py migrate &&\n  gunicorn site1.wsgi",
            "python manage.py migrate && gunicorn site1.wsgi", id="folded in YAML",
        ),
        pytest.param(
            "render.yaml: startCommand: |\n  python manage.py migrate\n  gunicorn site1.wsgi",
            "python manage.py migrate; gunicorn site1.wsgi", id="lines in YAML",
        ),
        pytest.param(
            "run.sh: . venv/bin/activate && gunicorn site1.wsgi", "gunicorn site1.wsgi",
            id="without its own environment",
        ),
        pytest.param(
            "Procfile: release: python manage.py runserver\nweb: gunicorn site1.wsgi",
            "gunicorn site1.wsgi", id="not what is run before",
        ),
        pytest.param(
            "Procfile: web: python manage.py runserver 0.0.0.0:80",
            "python manage.py runserver 0.0.0.0:80", id="manage.py serves by runserver",
        ),
        pytest.param(
            "Procfile: web: python manage.py migrate", GUNICORN.format("site1.wsgi:application"),
            id="and by nothing else",
        ),
    ],
)  # fmt: skip
def test_no_part_of_a_line_is_lost(tmp_path, launch, command):
    name, _, line = launch.partition(": ")
    (app,) = apps(tmp_path, {**DJANGO, "worker.py": "", name: f"{line}\n"})
    assert app.command == command


def test_a_script_beside_the_server_is_not_what_starts(tmp_path):
    files = {"main.py": FLASK, "init.py": "import main\n"}
    files |= {"Procfile": "web: python init.py && gunicorn main:app --bind :81\n"}
    (app,) = apps(tmp_path, files)
    assert (app.command, app.port) == ("python init.py && gunicorn main:app --bind :81", 81)


def test_what_a_line_needs_is_its_server(tmp_path):
    files = {"main.py": FLASK, "requirements.txt": "flask\n"}
    files |= {"Procfile": "web: python -V && gunicorn main:app\n"}
    assert [app.missing for app in apps(tmp_path, files)] == [("gunicorn",)]


def test_a_launch_file_for_development_starts_nothing(tmp_path):
    files = {"main.py": FASTAPI, "docker-compose.dev.yml": "command: uvicorn main:app --reload\n"}
    assert [app.launched_by for app in apps(tmp_path, files)] == [None]


def test_several_apps_those_that_are_launched_first(tmp_path):
    files = {
        "app.py": FLASK,
        "backend/main.py": FASTAPI,
        "backend/requirements.txt": "fastapi\nuvicorn\n",
        "ui/chat.py": "import streamlit as st\nfrom parts import bar\nst.write(1)\n",
        "ui/parts.py": "import streamlit as st\nst.set_page_config()\n",
        "ui/pages/more.py": "import streamlit as st\nst.write(2)\n",
        "ui/widgets.py": "import streamlit as st\ndef show():\n    st.write(3)\n",
        "Procfile": "web: uvicorn --app-dir backend main:app\n",
        "talk.py": "while True:\n    input()\n",
    }
    found = apps(tmp_path, files)
    assert [(a.framework, str(a.path), str(a.folder)) for a in found] == [
        ("fastapi", "backend/main.py", "backend"),
        ("flask", "app.py", "."),
        ("streamlit", "ui/chat.py", "ui"),
    ]
    assert [str(a.manifest) for a in found] == ["backend/requirements.txt", "None", "None"]


def test_an_app_below_another_one_and_an_unlaunched_page_are_parts(tmp_path):
    files = {
        "main.py": f"import gradio as gr\n{FASTAPI}api = FastAPI()\napp.mount('/api', api)\n"
        "with gr.Blocks() as demo:\n    pass\ngr.mount_gradio_app(app, demo, '/ui')\n"
    }
    assert [app.target for app in apps(tmp_path, files)] == ["main:app"]


def test_a_gradio_page_made_in_one_file_and_started_in_another(tmp_path):
    page = "import gradio as gr\ndef page():\n    with gr.Blocks() as demo:\n        return demo\n"
    files = {
        "src/page.py": page + "if __name__ == '__main__':\n    page().launch()\n",
        "src/app.py": "from page import page\npage().launch()\n",
    }
    assert [str(app.path) for app in apps(tmp_path, files)] == ["src/app.py"]


@pytest.mark.parametrize(
    ("files", "health"),
    [
        pytest.param({"app.py": FASTAPI}, None, id="no route"),
        pytest.param(
            {"app.py": FASTAPI + "@app.get('/healthz')\ndef h(): ...\n"}, "/healthz", id="a route"
        ),
        pytest.param({"app.py": "import streamlit as st\nst.write()\n"}, "/_stcore/health", id="Streamlit"),
        pytest.param(
            DJANGO | {
                "site1/settings.py": "ROOT_URLCONF = 'site1.urls'\n",
                "site1/urls.py": "from django.urls import path\nurlpatterns = [path('health', lambda r: r)]\n",
            },
            "/health", id="Django's root URLs",
        ),
        pytest.param(
            DJANGO | {
                "site1/settings.py": "ROOT_URLCONF = 'site1.urls'\n",
                "site1/urls.py": "from django.urls import include, path\nurlpatterns = [path('api/', include('chat.urls'))]\n",
                "chat/urls.py": "from django.urls import path\nurlpatterns = [path('health', lambda r: r)]\n",
            },
            None, id="below a prefix that is not followed",
        ),
    ],
)  # fmt: skip
def test_the_health_path(tmp_path, files, health):
    assert [app.health for app in apps(tmp_path, files)] == [health]


@pytest.mark.parametrize(
    ("requirements", "missing"),
    [("flask\n", ("gunicorn",)), ("flask\ngunicorn==23\n", ()), ("-r base.txt\n", ())],
)
def test_what_the_command_needs_and_nothing_brings(tmp_path, requirements, missing):
    files = {"app.py": FLASK, "requirements.txt": requirements, "base.txt": "gunicorn\n"}
    assert [app.missing for app in apps(tmp_path, files)] == [missing]


@pytest.mark.parametrize(
    ("manifests", "expected"),
    [
        pytest.param(["requirements.txt", "pyproject.toml"], "requirements.txt", id="both"),
        pytest.param(["pyproject.toml"], "pyproject.toml", id="pyproject alone"),
        pytest.param(["requirements/prod.txt", "requirements/dev.txt"], "requirements/prod.txt", id="folder"),
        pytest.param(["requirements-dev.txt", "requirements_app.txt"], "requirements_app.txt", id="not for developers"),
        pytest.param(["web/requirements.txt", "requirements.txt"], "web/requirements.txt", id="nearest"),
        pytest.param(["deploy/requirements.txt"], "deploy/requirements.txt", id="in a folder without code"),
        pytest.param(["other/requirements.txt"], "None", id="another app's"),
        pytest.param([], "None", id="none"),
    ],
)  # fmt: skip
def test_the_manifest(tmp_path, manifests, expected):
    files = {"web/app.py": FASTAPI, "other/tool.py": "", **dict.fromkeys(manifests, "fastapi\n")}
    assert [str(app.manifest) for app in apps(tmp_path, files)] == [expected]


def test_a_library_has_no_app(tmp_path):
    assert apps(tmp_path, {"lib.py": "def f(): ...\n"}) == []
