from __future__ import annotations

import tomllib

from tests.migrate.helpers import path, write
from tools.migrate.project import Project
from tools.migrate.serving.secret_names import secret_names
from tools.migrate.verify.placeholders import values, write_streamlit_secrets

SOURCE = """\
import os
import streamlit as st

key = os.getenv("OPENROUTER_API_KEY")
token = os.environ["TELEGRAM_BOT_TOKEN"]
other = st.secrets["GROQ_API_KEY"]
url = st.secrets.get("db_url")
last = st.secrets.HF_TOKEN
port = os.getenv("PORT")
"""


def test_the_names_of_secrets_get_values_that_are_none(tmp_path):
    project = Project.open(write(tmp_path, {"app.py": SOURCE}))
    names = secret_names(project, [path("app.py"), path("gone.py")])
    assert names == ["GROQ_API_KEY", "OPENROUTER_API_KEY", "TELEGRAM_BOT_TOKEN"]
    given = values(names)
    assert given["OPENROUTER_API_KEY"] == "not-a-key"
    assert given["TELEGRAM_BOT_TOKEN"].startswith("123456:not-a-key")  # its client checks the form


def test_streamlits_secrets_get_a_file(tmp_path):
    project = Project.open(write(tmp_path, {"app.py": SOURCE}))
    write_streamlit_secrets(project, [path("app.py")], tmp_path)
    written = tomllib.loads((tmp_path / ".streamlit/secrets.toml").read_text("utf-8"))
    assert written == dict.fromkeys(["GROQ_API_KEY", "HF_TOKEN", "db_url"], "not-a-key")


def test_no_file_where_none_is_read(tmp_path):
    project = Project.open(write(tmp_path, {"app.py": "import os\nos.getenv('A_KEY')\n"}))
    write_streamlit_secrets(project, [path("app.py")], tmp_path)
    assert not (tmp_path / ".streamlit").exists()
