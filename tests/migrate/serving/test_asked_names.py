from __future__ import annotations

import pytest

from tests.migrate.helpers import path, write
from tools.migrate.project import Project
from tools.migrate.serving.asked_names import asked_names


@pytest.mark.parametrize(
    ("source", "names"),
    [
        pytest.param("import os\nos.getenv('MONGODB_URI')", ["MONGODB_URI"], id="an address"),
        pytest.param("from os import environ\nenviron.get('TOKEN')", ["TOKEN"], id="a short name"),
        pytest.param("import os\nos.getenv('BASE_URL', 'http://a')", [], id="a default"),
        pytest.param("import os\nos.getenv('DEBUG')", [], id="a setting"),
        pytest.param(
            "from decouple import config\nconfig('DB_URL')", ["DB_URL"], id="python-decouple"
        ),
        pytest.param(
            "from dotenv import dotenv_values\ndotenv_values().get('TOKEN')", ["TOKEN"], id="dotenv"
        ),
        pytest.param(
            "from langchain_openai import ChatOpenAI as C\nC(model='m')",
            ["OPENAI_API_KEY"],
            id="a client that looks itself",
        ),
        pytest.param("import openai\nopenai.OpenAI(api_key=key)", [], id="a client with its key"),
        pytest.param("import openai\nopenai.OpenAI(**settings)", [], id="not known"),
        pytest.param(
            "from langchain import HuggingFaceHub\nHuggingFaceHub(repo_id='r')",
            ["HUGGINGFACEHUB_API_TOKEN"],
            id="an old client",
        ),
        pytest.param("import pinecone\npinecone.Pinecone(key)", [], id="the key comes first"),
        pytest.param("from shop import ChatGroq\nChatGroq()", [], id="a class of the repository"),
    ],
)
def test_what_a_host_has_to_be_given(source, names, tmp_path):
    project = Project.open(write(tmp_path, {"app.py": source}))
    assert asked_names(project, [path("app.py"), path("gone.py")]) == names
