from __future__ import annotations

import pytest

from deploy.finding.command import hosted


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python bot.py", "python bot.py"),
        ("uvicorn main:app", "uvicorn main:app --host 0.0.0.0 --port $PORT --workers 1"),
        (
            "uvicorn main:app --host 127.0.0.1 --port 7000 --reload",
            "uvicorn main:app --host 0.0.0.0 --port $PORT --workers 1",
        ),
        (
            "uvicorn main:app --host 0.0.0.0 --port ${PORT:-8000} --workers 4",
            "uvicorn main:app --host 0.0.0.0 --port $PORT --workers 1",
        ),
        (
            "PYTHONPATH=src gunicorn -w 4 -b 0.0.0.0:8000 main:app",
            "PYTHONPATH=src gunicorn --workers 1 -b 0.0.0.0:$PORT main:app",
        ),
        ("gunicorn main:app --bind=:5000", "gunicorn main:app --bind=0.0.0.0:$PORT --workers 1"),
        ("gunicorn main:app", "gunicorn main:app --workers 1"),
        (
            "python manage.py runserver --noreload 0.0.0.0:8000",
            "python manage.py runserver --noreload 0.0.0.0:$PORT",
        ),
        ("streamlit run app.py --server.port 8501", "streamlit run app.py --server.port $PORT"),
        (
            "python manage.py migrate && gunicorn -w 4 main:app; echo gone",
            "python manage.py migrate && gunicorn --workers 1 main:app; echo gone",
        ),
        ("fastapi run main.py --workers 4", "fastapi run main.py --workers 1 --port $PORT"),
        ("fastapi dev main.py --reload", "fastapi run main.py --port $PORT"),
        ("hypercorn -w4 main:app", "hypercorn --workers 1 main:app --bind 0.0.0.0:$PORT"),
        ("gunicorn -w $((2 * $(nproc) + 1)) a:b", "gunicorn --workers 1 a:b"),
        ('gunicorn --workers="${N:-4}" a:b', "gunicorn --workers 1 a:b"),
        ("export WEB_CONCURRENCY=4; python bot.py", "export WEB_CONCURRENCY=1; python bot.py"),
        ("env WEB_CONCURRENCY=3 gunicorn a:b", "env WEB_CONCURRENCY=1 gunicorn a:b --workers 1"),
        ("python bot.py --workers 4", "python bot.py --workers 4"),
        ("chainlit run a.py -h", "chainlit run a.py -h --host 0.0.0.0 --port $PORT"),
        ("chainlit run a.py --host 0.0.0.0 --port $PORT",) * 2,
        ("chainlit create-secret", "chainlit create-secret"),
        ("flask run -p 80", "flask run -p $PORT --host 0.0.0.0"),
        (
            "flask db upgrade && flask run",
            "flask db upgrade && flask run --host 0.0.0.0 --port $PORT",
        ),
        ("daphne site1.asgi:application", "daphne site1.asgi:application -b 0.0.0.0 -p $PORT"),
        ("hypercorn -c conf.toml a:b", "hypercorn -c conf.toml a:b --workers 1"),
        ("gunicorn -b 127.0.0.1:$PORT a:b", "gunicorn -b 0.0.0.0:$PORT a:b --workers 1"),
        ("python manage.py runserver", "python manage.py runserver 0.0.0.0:$PORT"),
        ("python manage.py runserver [::]:$PORT", "python manage.py runserver 0.0.0.0:$PORT"),
        ("python manage.py runserver $HOST:$PORT", "python manage.py runserver 0.0.0.0:$PORT"),
        ('python manage.py runserver "0.0.0.0:$PORT"', "python manage.py runserver 0.0.0.0:$PORT"),
        (
            "python manage.py runserver --settings=p.s8000 8000",
            "python manage.py runserver --settings=p.s8000 0.0.0.0:$PORT",
        ),
        (
            "uvicorn a:b --port 8000 # two",
            "uvicorn a:b --port $PORT --host 0.0.0.0 --workers 1",
        ),
        ("(cd x && uvicorn a:b)",) * 2,
        ('sh -c "uvicorn a:b --workers 4"',) * 2,
        ("/bin/bash -lc 'exec uvicorn a:b --workers 4'",) * 2,
        ("python manage.py runserver $PORT", "python manage.py runserver 0.0.0.0:$PORT"),
        (
            "python manage.py runserver --settings a.b --verbosity 2 127.0.0.1:8000",
            "python manage.py runserver --settings a.b --verbosity 2 0.0.0.0:$PORT",
        ),
        ("python manage.py runserver -h 0.0.0.0", "python manage.py runserver -h 0.0.0.0"),
        ("pip install gunicorn && python main.py", "pip install gunicorn && python main.py"),
        ("gunicorn -w 4 main:app & python bot.py", "gunicorn -w 4 main:app & python bot.py"),
        ("gunicorn -w 4 main:app 2>&1", "gunicorn --workers 1 main:app 2>&1"),
    ],
)
def test_a_host_gets_its_port_and_one_worker(command, expected):
    assert hosted(command) == expected
    assert hosted(expected) == expected
