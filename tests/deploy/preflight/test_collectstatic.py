from __future__ import annotations

import pytest

from deploy.preflight import collectstatic
from tests.deploy.helpers import found, write

MANAGE = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n'
STATIC = "INSTALLED_APPS = ['django.contrib.staticfiles']\n"
ROOT = "STATIC_ROOT = 'static'\n"


@pytest.mark.parametrize(
    ("settings", "platform", "values", "count"),
    [
        pytest.param(STATIC, "heroku", {}, 1, id="nowhere to collect to"),
        pytest.param(STATIC, "render", {}, 0, id="Heroku alone collects"),
        pytest.param(STATIC + ROOT, "heroku", {}, 0, id="a place"),
        pytest.param("INSTALLED_APPS = []\n", "heroku", {}, 0, id="no such command"),
        pytest.param(
            STATIC, "heroku", {"environment": {"DISABLE_COLLECTSTATIC": "1"}}, 0, id="off"
        ),
    ],
)
def test_a_build_that_would_fail_is_an_error(settings, platform, values, count, tmp_path):
    write(tmp_path, {"manage.py": MANAGE, "config/settings.py": settings})
    seen = found(collectstatic, tmp_path, platform, **values)
    assert seen == [("error", "config/settings.py")] * count
