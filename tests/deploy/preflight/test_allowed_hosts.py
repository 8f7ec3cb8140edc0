from __future__ import annotations

import pytest

from deploy.preflight import allowed_hosts
from tests.deploy.helpers import found, write

WSGI = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n'
RAILWAY = "ALLOWED_HOSTS = ['.up.railway.app']\n"


@pytest.mark.parametrize(
    ("settings", "platform", "expected"),
    [
        pytest.param("ALLOWED_HOSTS = []\n", "render", "error", id="as startproject makes it"),
        pytest.param("ALLOWED_HOSTS = ['localhost']\n", "heroku", "error", id="local alone"),
        pytest.param("ALLOWED_HOSTS = []\n", "the plan", "error", id="told in the plan"),
        pytest.param("ALLOWED_HOSTS = []\n", "docker", None, id="asked as localhost"),
        pytest.param("ALLOWED_HOSTS = ['*']\n", "railway", None, id="all"),
        pytest.param("ALLOWED_HOSTS = ['.onrender.com']\n", "render", None, id="the domain"),
        pytest.param("ALLOWED_HOSTS = ['a.onrender.com']\n", "render", None, id="a name below it"),
        pytest.param("ALLOWED_HOSTS = ['shop.org']\n", "render", "warning", id="a person's own"),
        pytest.param(RAILWAY, "railway", "warning", id="Railway checks by another name"),
        pytest.param("ALLOWED_HOSTS = ['.railway.app']\n", "railway", None, id="above both"),
        pytest.param("ALLOWED_HOSTS: list[str] = []\n", "render", "error", id="with its type"),
        pytest.param("ALLOWED_HOSTS: list[str]\n", "render", None, id="its type alone"),
        pytest.param("ALLOWED_HOSTS = env('HOSTS')\n", "render", None, id="not known"),
        pytest.param(
            "ALLOWED_HOSTS = []\nALLOWED_HOSTS += [env('H')]\n", "render", None, id="added to"
        ),
    ],
)
def test_the_host_has_to_be_in_the_list(settings, platform, expected, tmp_path):
    write(tmp_path, {"config/wsgi.py": WSGI, "config/settings.py": settings})
    seen = found(allowed_hosts, tmp_path, platform, framework="django")
    assert seen == ([(expected, "config/settings.py:1")] if expected else [])


def test_the_settings_that_the_host_loads_count(tmp_path):
    settings = {"config/dev.py": "ALLOWED_HOSTS = []\n", "config/live.py": "ALLOWED_HOSTS = ['*']"}
    write(tmp_path, {"config/wsgi.py": WSGI.replace('settings"', 'dev"'), **settings})
    values = {"framework": "django", "environment": {"DJANGO_SETTINGS_MODULE": "config.live"}}
    assert found(allowed_hosts, tmp_path, framework="django") == [("error", "config/dev.py:1")]
    assert found(allowed_hosts, tmp_path, **values) == []
