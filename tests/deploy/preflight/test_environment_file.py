from __future__ import annotations

import pytest

from deploy.preflight import environment_file
from tests.deploy.helpers import found, write

IMPORT = "from dotenv import dotenv_values\n"


@pytest.mark.parametrize(
    ("code", "count"),
    [
        pytest.param(f"{IMPORT}token = dotenv_values().get('TOKEN')\n", 1, id="the file alone"),
        pytest.param("import dotenv\nc = dotenv.dotenv_values('.env')\n", 1, id="by module"),
        pytest.param(f"{IMPORT}c = {{**dotenv_values(), **os.environ}}\n", 0, id="both"),
        pytest.param(f"{IMPORT}c = dotenv_values() | os.environ\n", 0, id="both, by |"),
        pytest.param("from dotenv import load_dotenv\nload_dotenv()\n", 0, id="load_dotenv"),
        pytest.param(IMPORT, 0, id="not called"),
    ],
)
def test_what_only_a_file_says_is_an_error(code, count, tmp_path):
    write(tmp_path, {"bot.py": code})
    assert found(environment_file, tmp_path) == [("error", "bot.py:2")] * count
