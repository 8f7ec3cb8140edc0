from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.migrate.helpers import applied, check_noop, check_transformed, path, write
from tools.migrate.rules import launch


def launched(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files after the rule, which a second run leaves as they are."""
    with tempfile.TemporaryDirectory() as folder:
        root = write(Path(folder) / "repo", files)
        project = applied(launch, root)
        after = {name: project.read(path(name)) for name in files}
        write(root, after)
        assert applied(launch, root).staged() == {}
        return after


LEFT = [
    ("Procfile", "web: gunicorn -w 1 app:app\n", "one worker already"),
    ("Procfile", "web: python app.py --reload --workers 4\n", "a script's own flags"),
    ("Procfile", "# web: gunicorn -w 4 app:app\n", "a comment in a Procfile"),
    ("run.sh", "#gunicorn -w 4 app:app\necho 'gunicorn -w 4'\n", "a disabled line, a text"),
    ("run.sh", "pip install gunicorn uvicorn --reload\npkill uvicorn --workers 4\n", "no server"),
    ("run.sh", "flask db upgrade --debug\ncelery -A app worker --concurrency 4\n", "no serving"),
    ("run.sh", "gunicorn --threads 8 -k gthread -w 1 app:app\n", "threads"),
    ("run.sh", "streamlit run app.py -- --reload\n", "an argument of the script"),
    ("run.sh", "gunicorn -w 4 'app:app\n", "a quote that is not closed"),
    (
        "Dockerfile",
        "FROM x\nRUN gunicorn -w 4 app:app\nHEALTHCHECK CMD uvicorn --reload\n",
        "build",
    ),
    ("Dockerfile", '# CMD ["gunicorn", "-w", "4"]\n', "a comment in a Dockerfile"),
    (".github/workflows/ci.yml", "command: gunicorn -w 4 app:app\n", "a workflow"),
    ("tests/run.sh", "gunicorn -w 4 app:app\n", "a test"),
    ("vendor/run.sh", "gunicorn -w 4 app:app\n", "vendored"),
    ("compose.yaml", "x:\n  test: gunicorn -w 4 app:app\n", "another key"),
    ("values.yaml", "command: {{ gunicorn -w 4 }}\n", "a template"),
    ("railway.toml", '[build]\nbuildCommand = "gunicorn -w 4"\n', "a build command"),
    ("package.json", '{"command": "gunicorn -w 4"}\n', "another JSON file"),
    (".env", "WEB_CONCURRENCY=4\n", "a file of secrets"),
]


@pytest.mark.parametrize(("name", "text"), [pytest.param(a, b, id=c) for a, b, c in LEFT])
def test_left_alone(name, text):
    check_noop(launch, {name: text})


RECIPES = [
    ("Makefile", "run:\n\tgunicorn -w 4 app:app\n", [2], "a recipe"),
    (
        "Makefile",
        "run:\n\t@-cd api && uvicorn a:b \\\n\t  --workers=2\n",
        [3],
        "prefixes, two lines",
    ),
    ("Makefile", "run: ; gunicorn -w4 app:app\n", [1], "in the rule's line"),
    ("Makefile", "run:\r\n\tgunicorn --workers $(N) a:b\r\n", [2], "a variable of make"),
    ("Makefile", "run:\n\tgunicorn -w 1 a:b\n\tuvicorn a:b --reload\n", [], "one worker"),
    ("Makefile", "# run:\n#\tgunicorn -w 4 a:b\nX := 'gunicorn -w 4'\n", [], "no recipe"),
    (
        "package.json",
        '{\n"name": "gunicorn -w 4",\n"scripts": {\n"build": "vite",\n"api": "gunicorn -w 4 a:b"\n}}\n',
        [5],
        "a script",
    ),
    ("package.json", '{"scripts": {"a": "jest -w 4"}}\n', [], "another program"),
    ("node_modules/x/package.json", '{"scripts": {"a": "gunicorn -w 4"}}\n', [], "vendored"),
]


@pytest.mark.parametrize(
    ("name", "text", "lines"), [pytest.param(a, b, c, id=d) for a, b, c, d in RECIPES]
)
def test_workers_in_a_recipe_are_named(name, text, lines):
    check_noop(launch, {name: text.encode()}, notes=[("skipped", name, line) for line in lines])


COMMANDS = [
    ("gunicorn -w 4 app:app", "gunicorn -w 1 app:app", "-w 4"),
    ("gunicorn -w4 app:app", "gunicorn -w1 app:app", "-w4"),
    ("gunicorn --workers 4 app:app", "gunicorn --workers 1 app:app", "--workers 4"),
    ("gunicorn --workers=4 app:app", "gunicorn --workers=1 app:app", "--workers=4"),
    ('gunicorn --workers "4" app:app', 'gunicorn --workers "1" app:app', "quoted"),
    ("gunicorn -w ${N:-4} app:app", "gunicorn -w ${N:-1} app:app", "a default"),
    ("gunicorn -w ${WEB_CONCURRENCY:-4} a:b", "gunicorn -w 1 a:b", "a variable hosts set"),
    ("gunicorn -w $WEB_CONCURRENCY a:b", "gunicorn -w 1 a:b", "without a default"),
    ("gunicorn -w $(nproc) a:b", "gunicorn -w 1 a:b", "the processors"),
    ("gunicorn -w $((2 * $(nproc) + 1)) a:b", "gunicorn -w 1 a:b", "a formula"),
    ("gunicorn -w `nproc` a:b", "gunicorn -w 1 a:b", "backticks"),
    (
        "gunicorn -w 4 -k uvicorn.workers.UvicornWorker --threads 4 --timeout 120 a:b",
        "gunicorn -w 1 -k uvicorn.workers.UvicornWorker --threads 4 --timeout 120 a:b",
        "uvicorn's workers",
    ),
    (
        "python manage.py migrate && gunicorn -w 4 a:b & python worker.py; echo x | tee y",
        "python manage.py migrate && gunicorn -w 1 a:b & python worker.py; echo x | tee y",
        "all else of a line",
    ),
    ("uvicorn a:b --workers 2 --reload --port 80", "uvicorn a:b --workers 1 --port 80", "uvicorn"),
    ("uvicorn --reload --reload-dir src a:b", "uvicorn a:b", "two in a row"),
    ("uvicorn a:b --reload-dir=src --reload", "uvicorn a:b", "with an equals sign"),
    ("python3 -m uvicorn a:b --reload", "python3 -m uvicorn a:b", "python -m"),
    ("hypercorn a:b -w 4 --debug", "hypercorn a:b -w 1", "hypercorn"),
    ("fastapi dev main.py --port 80", "fastapi run main.py --port 80", "fastapi dev"),
    ("flask run --debug --host=0.0.0.0", "flask run --host=0.0.0.0", "flask run"),
    ("flask --app x --debug run", "flask --app x run", "flask --debug run"),
    (
        "streamlit run a.py --server.runOnSave true",
        "streamlit run a.py --server.runOnSave false",
        "streamlit",
    ),
    (
        "streamlit run a.py --server.runOnSave=true --server.port 80",
        "streamlit run a.py --server.runOnSave=false --server.port 80",
        "streamlit, equals",
    ),
    ("chainlit run app.py -w", "chainlit run app.py", "chainlit watches"),
    ("chainlit run app.py -wh --port 80", "chainlit run app.py -h --port 80", "letters together"),
    ("chainlit run app.py --watch", "chainlit run app.py", "chainlit --watch"),
    (
        "cd api && PYTHONPATH=$(pwd) exec gunicorn -w 4 a:b",
        "cd api && PYTHONPATH=$(pwd) exec gunicorn -w 1 a:b",
        "behind a cd and an assignment",
    ),
    ("a; /venv/bin/uvicorn a:b --reload & wait", "a; /venv/bin/uvicorn a:b & wait", "by its path"),
    ("poetry run uvicorn a:b --reload", "poetry run uvicorn a:b", "poetry run"),
    ("bash -c 'uvicorn a:b --reload'", "bash -c 'uvicorn a:b'", "a shell in between"),
    ("gunicorn -w 4 'app:create_app()'", "gunicorn -w 1 'app:create_app()'", "a factory"),
]


@pytest.mark.parametrize(
    ("before", "after"), [pytest.param(a, b, id=name) for a, b, name in COMMANDS]
)
@pytest.mark.parametrize(
    ("name", "around"),
    [
        pytest.param("Procfile", "web: %s\r\nother: x\r\n", id="Procfile"),
        pytest.param("backend/Dockerfile", "FROM x\nCMD %s", id="Dockerfile"),
        pytest.param("start.sh", "#!/bin/sh\nset -e\n%s\n", id="script"),
        pytest.param("compose.yml", "s:\n  command: |\n    %s\n  x: 1\n", id="block scalar"),
        pytest.param("supervisord.conf", "[program:a]\ncommand=%s\n", id="supervisor"),
    ],
)
def test_every_notation(name, around, before, after):
    found = launched({name: (around % before).encode()})
    assert found == {name: (around % after).encode()}


FILES = [
    (
        "Dockerfile",
        'CMD ["uvicorn", "main:app", "--workers", "4", "--reload"]\n',
        'CMD ["uvicorn", "main:app", "--workers", "1"]\n',
        "JSON form",
    ),
    (
        "Dockerfile",
        'ENTRYPOINT ["gunicorn","--workers=4", \\\n  "app:app"]\n',
        'ENTRYPOINT ["gunicorn","--workers=1", \\\n  "app:app"]\n',
        "JSON form over two lines",
    ),
    (
        "Dockerfile",
        'CMD ["sh", "-c", "gunicorn -w 4 -b :$PORT app:app"]\n',
        'CMD ["sh", "-c", "gunicorn -w 1 -b :$PORT app:app"]\n',
        "a shell in JSON form",
    ),
    (
        "Dockerfile.prod",
        "CMD uvicorn a:b \\\n    --reload \\\n    --port 80\n",
        "CMD uvicorn a:b \\\n    --port 80\n",
        "continued lines",
    ),
    (
        "Dockerfile",
        "ENV WEB_CONCURRENCY=4 X=2\nENV FLASK_DEBUG 1\nRUN WEB_CONCURRENCY=4 make\n",
        "ENV WEB_CONCURRENCY=1 X=2\nENV FLASK_DEBUG 0\nRUN WEB_CONCURRENCY=4 make\n",
        "ENV",
    ),
    (
        "Dockerfile",
        "ENV WORKERS=4\nCMD gunicorn -w $WORKERS app:app\n",
        "ENV WORKERS=1\nCMD gunicorn -w $WORKERS app:app\n",
        "a variable that the command reads",
    ),
    (
        "docker-compose.yml",
        "services:\n  api: # é\n    command: uvicorn a:b --reload  # dev\n    environment:\n"
        "      - FLASK_ENV=development\n      - WEB_CONCURRENCY=3\n",
        "services:\n  api: # é\n    command: uvicorn a:b  # dev\n    environment:\n"
        "      - FLASK_ENV=production\n      - WEB_CONCURRENCY=1\n",
        "compose",
    ),
    (
        "docker-compose.yml",
        "a:\n  command:\n    - uvicorn\n    - a:b\n    - --reload\n    - '--workers'\n    - '4'\n",
        "a:\n  command:\n    - uvicorn\n    - a:b\n    - '--workers'\n    - '1'\n",
        "a list of lines",
    ),
    (
        "docker-compose.yml",
        'a:\n  command: ["uvicorn", "a:b", "--reload"]\n  environment: {WEB_CONCURRENCY: "3"}\n',
        'a:\n  command: ["uvicorn", "a:b"]\n  environment: {WEB_CONCURRENCY: "1"}\n',
        "a list in brackets",
    ),
    (
        "docker-compose.yml",
        "a:\n  command: >\n    gunicorn a:b\n    --workers 4\n    --reload\n",
        "a:\n  command: >\n    gunicorn a:b\n    --workers 1\n",
        "a folded scalar",
    ),
    (
        "render.yaml",
        'services:\n- type: web\n  buildCommand: gunicorn -w 4\n  startCommand: "gunicorn -w 4 a:b"\n'
        "  envVars:\n  - key: WEB_CONCURRENCY\n    value: 4\n  - key: PYTHON_VERSION\n    value: 3.11.4\n",
        'services:\n- type: web\n  buildCommand: gunicorn -w 4\n  startCommand: "gunicorn -w 1 a:b"\n'
        "  envVars:\n  - key: WEB_CONCURRENCY\n    value: 1\n  - key: PYTHON_VERSION\n    value: 3.11.4\n",
        "render.yaml",
    ),
    (
        "railway.json",
        '{"deploy": {"startCommand": "hypercorn a:b -w 4", "numReplicas": 4}}',
        '{"deploy": {"startCommand": "hypercorn a:b -w 1", "numReplicas": 4}}',
        "railway.json",
    ),
    (
        "railway.toml",
        "[deploy]\nstartCommand = 'gunicorn -w 4 a:b' # web\n",
        "[deploy]\nstartCommand = 'gunicorn -w 1 a:b' # web\n",
        "railway.toml",
    ),
    (
        "fly.toml",
        '[processes]\n  app = "gunicorn -w 4 a:b"\n[env]\n  WEB_CONCURRENCY = "2"\n',
        '[processes]\n  app = "gunicorn -w 1 a:b"\n[env]\n  WEB_CONCURRENCY = "1"\n',
        "fly.toml",
    ),
    (
        "heroku.yml",
        "run:\n  web: gunicorn -w 4 a:b\n",
        "run:\n  web: gunicorn -w 1 a:b\n",
        "heroku.yml",
    ),
    (
        "app.json",
        '{"env": {"WEB_CONCURRENCY": {"description": "n", "value": "4"}}}',
        '{"env": {"WEB_CONCURRENCY": {"description": "n", "value": "1"}}}',
        "app.json",
    ),
    (".flaskenv", "FLASK_APP=app\nFLASK_DEBUG=1\n", "FLASK_APP=app\nFLASK_DEBUG=0\n", ".flaskenv"),
    (
        ".streamlit/config.toml",
        "[server]\nrunOnSave = true\nport = 80\n",
        "[server]\nrunOnSave = false\nport = 80\n",
        "Streamlit's settings",
    ),
    (
        "bin/server.sh",
        "WORKERS=${WORKERS:-4}\nexport WEB_CONCURRENCY=3 # WEB_CONCURRENCY=5\ngunicorn -w $WORKERS a:b\n",
        "WORKERS=${WORKERS:-1}\nexport WEB_CONCURRENCY=1 # WEB_CONCURRENCY=5\ngunicorn -w $WORKERS a:b\n",
        "shell variables",
    ),
    (
        "run.bat",
        "@echo off\r\nREM uvicorn a:b --reload\r\nset WEB_CONCURRENCY=4\r\n"
        "venv\\Scripts\\uvicorn.exe a:b --reload\r\n",
        "@echo off\r\nREM uvicorn a:b --reload\r\nset WEB_CONCURRENCY=1\r\n"
        "venv\\Scripts\\uvicorn.exe a:b\r\n",
        "a batch file",
    ),
    (
        "run.sh",
        'export GUNICORN_CMD_ARGS="--workers=4 --bind 0.0.0.0 --reload"\n',
        'export GUNICORN_CMD_ARGS="--workers=1 --bind 0.0.0.0"\n',
        "gunicorn's arguments in a variable",
    ),
]


@pytest.mark.parametrize(
    ("name", "before", "after"), [pytest.param(*rest, id=what) for *rest, what in FILES]
)
def test_every_file(name, before, after):
    assert launched({name: before.encode()}) == {name: after.encode()}


def test_utf16_keeps_its_encoding():
    before = "web: gunicorn -w 4 a:b\r\n".encode("utf-16")
    assert launched({"Procfile": before}) == {
        "Procfile": "web: gunicorn -w 1 a:b\r\n".encode("utf-16")
    }


@pytest.mark.parametrize(
    ("files", "notes"),
    [
        pytest.param(
            {"Procfile": "web: gunicorn app:app\n"},
            [("warning", "Procfile", 1)],
            id="no number where Heroku has one",
        ),
        pytest.param(
            {"run.sh": "gunicorn -w $N app:app\n"}, [("kept", "run.sh", 1)], id="a variable decides"
        ),
        pytest.param(
            {"run.sh": "gunicorn -w $A$B app:app\n"}, [("skipped", "run.sh", 1)], id="unclear"
        ),
        pytest.param(
            {"run.sh": "x\npython manage.py runserver 0.0.0.0:80\n"},
            [("warning", "run.sh", 2)],
            id="Django's development server",
        ),
        pytest.param(
            {"docker-compose.dev.yml": "a:\n  command: uvicorn a:b --reload\n"},
            [("kept", "docker-compose.dev.yml", 2)],
            id="a file for development",
        ),
        pytest.param(
            {"run.sh": "WORKERS=4\npython load.py\n"}, [("kept", "run.sh", 1)], id="other workers"
        ),
        pytest.param(
            {"a.yml": "command:\n  - uvicorn # x\n  - --reload\n"},
            [("skipped", "a.yml", 3)],
            id="a comment in between",
        ),
        pytest.param(
            {"runtime.txt": "python-3.9.18\n"}, [("warning", "runtime.txt", 1)], id="an old Python"
        ),
        pytest.param(
            {"runtime.txt": "python-3.11.4\n", ".python-version": "3.12\n"},
            [("warning", "runtime.txt", 1)],
            id="two Pythons",
        ),
        pytest.param({"runtime.txt": "python-3.11.4\n"}, [], id="a Python that is there"),
    ],
)
def test_only_said(files, notes):
    check_noop(launch, files, notes=notes)


FLASK = "from flask import Flask\napp = Flask(__name__)\n"
CODE = [
    (f"{FLASK}app.run(debug=True)\n", f"{FLASK}app.run(debug=False)\n", "app.run"),
    (
        f"{FLASK}app.run(host='0.0.0.0', port= 80, debug= True)\n",
        f"{FLASK}app.run(host='0.0.0.0', port= 80, debug= False)\n",
        "host and port stay",
    ),
    (f"{FLASK}app.run('::', 80, True)\n", f"{FLASK}app.run('::', 80, False)\n", "by position"),
    (
        f"{FLASK}DEBUG = True\napp.run(debug=DEBUG, use_reloader=True)\n",
        f"{FLASK}DEBUG = True\napp.run(debug=False, use_reloader=False)\n",
        "a constant",
    ),
    (f"{FLASK}app.debug = True\n", f"{FLASK}app.debug = False\n", "an attribute"),
    (
        f"{FLASK}from flask_socketio import SocketIO\ns = SocketIO(app)\ns.run(app, debug=True)\n",
        f"{FLASK}from flask_socketio import SocketIO\ns = SocketIO(app)\ns.run(app, debug=False)\n",
        "Socket.IO",
    ),
    (
        "import flask\ndef create_app():\n    a = flask.Flask('x')\n    return a\n"
        "create_app().run(debug=True)\n",
        "import flask\ndef create_app():\n    a = flask.Flask('x')\n    return a\n"
        "create_app().run(debug=False)\n",
        "a factory",
    ),
    (
        "import uvicorn\nuvicorn.run('a:b', port=80, reload=True, workers=4)\n",
        "import uvicorn\nuvicorn.run('a:b', port=80, reload=False, workers=1)\n",
        "uvicorn.run",
    ),
    (
        "import os, uvicorn\nuvicorn.run('a:b', workers=int(os.getenv('WORKERS', '4')))\n",
        "import os, uvicorn\nuvicorn.run('a:b', workers=int(os.getenv('WORKERS', \"1\")))\n",
        "a default",
    ),
    (
        "import os, uvicorn\nuvicorn.run('a:b', workers=os.cpu_count() or 4)\n",
        "import os, uvicorn\nuvicorn.run('a:b', workers=1)\n",
        "the processors",
    ),
]


@pytest.mark.parametrize(("before", "after"), [pytest.param(a, b, id=c) for a, b, c in CODE])
def test_code(before, after):
    check_transformed(launch, before, after)


@pytest.mark.parametrize(
    ("source", "notes"),
    [
        pytest.param("agent.run(debug=True)\n", [], id="no app"),
        pytest.param("import asyncio\nasyncio.run(main(), debug=True)\n", [], id="asyncio"),
        pytest.param(f"{FLASK}agent.run(q, debug=True)\n", [], id="an agent beside an app"),
        pytest.param(f"{FLASK}app.run(debug=False)\n", [], id="off already"),
        pytest.param(
            f"import os\n{FLASK}app.run(debug=os.getenv('D') == '1')\n",
            [("kept", "app.py", 4)],
            id="the environment decides",
        ),
        pytest.param(
            "import uvicorn\nuvicorn.run(app, host='0.0.0.0', port=80)\n", [], id="nothing to do"
        ),
        pytest.param(
            "import uvicorn\nuvicorn.run('a:b', workers=settings.workers)\n",
            [("skipped", "app.py", 2)],
            id="unknown workers",
        ),
    ],
)
def test_code_left_alone(source, notes):
    check_noop(launch, source, notes=notes)


def test_an_app_of_another_file():
    check_transformed(
        launch,
        {"web/__init__.py": FLASK, "run.py": "from web import app\napp.run(debug=True)\n"},
        {"run.py": "from web import app\napp.run(debug=False)\n"},
        notes=[("changed", "run.py", 2)],
    )


def test_a_gunicorn_configuration():
    check_transformed(
        launch,
        {
            "gunicorn.conf.py": """\
            import multiprocessing
            bind = "0.0.0.0:8000"
            workers = multiprocessing.cpu_count() * 2 + 1
            threads = 4
            reload = True
            preload_app = True
            """
        },
        {
            "gunicorn.conf.py": """\
            import multiprocessing
            bind = "0.0.0.0:8000"
            workers = 1
            threads = 4
            reload = False
            preload_app = True
            """
        },
        notes=[("changed", "gunicorn.conf.py", 3), ("changed", "gunicorn.conf.py", 5)],
    )


def test_a_variable_that_code_reads_is_set_to_one():
    before = {
        "main.py": b"import os, uvicorn\nuvicorn.run('a:b', workers=int(os.environ.get('JOBS', 2)))\n",
        "compose.yml": b"a:\n  environment:\n    JOBS: 4\n",
    }
    assert launched(before) == {
        "main.py": b"import os, uvicorn\nuvicorn.run('a:b', workers=int(os.environ.get('JOBS', 1)))\n",
        "compose.yml": b"a:\n  environment:\n    JOBS: 1\n",
    }


WORDS = st.sampled_from(
    ["gunicorn", "uvicorn", "flask run", "chainlit run", "python", "-w", "1", "--port", "80", "&&"]
    + [
        '"a b"',
        "'c'",
        "$X",
        "${Y:-2}",
        "$(pwd)",
        "\\\n",
        "\n",
        "# x",
        "[",
        "]",
        "{",
        ":",
        "- ",
        "'",
    ]
)
NAMES = ["Procfile", "Dockerfile", "run.sh", "compose.yml", "fly.toml", "railway.json", "a.bat"]


@pytest.mark.parametrize("text", ["\\", "a\\", "\xa0", "x\x1cy", "\\\r", "uvicorn a:b\xa0"])
def test_an_odd_character_ends_no_run_of_ours(text):
    data = f"{text}\n{text}".encode()
    assert launched({"run.sh": data}) == {"run.sh": data}


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS | st.text(max_size=6), max_size=20), st.sampled_from(NAMES))
def test_what_has_no_such_flag_keeps_every_byte(words, name):
    text = " ".join(word for word in words).replace("-w", "-x")
    data = text.encode("utf-8", "surrogatepass")
    prefix = b"" if name != "compose.yml" else b"command: "
    assert launched({name: prefix + data}) == {name: prefix + data}


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(blacklist_characters="\0\\\r\n", codec="utf-8")), st.integers(2, 99))
def test_around_a_number_of_workers_every_byte_stays(comment, number):
    before, after = (
        f"# {comment}\ngunicorn -w {n} a:b # {comment}\n".encode() for n in (number, 1)
    )
    assert launched({"run.sh": before}) == {"run.sh": after}
