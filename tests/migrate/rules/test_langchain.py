from __future__ import annotations

from types import ModuleType

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.registry import RULES
from tools.migrate.rules import langchain

OLD = "from langchain.chains import RetrievalQA\n"
NEW = "from langchain_classic.chains import RetrievalQA\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import flask\n", id="no LangChain"),
        pytest.param("from langchain.agents import create_agent\n", id="written for 1.x"),
        pytest.param("from langchain.messages import HumanMessage\n", id="a module new in 1.x"),
        pytest.param("from langchain_core.prompts import PromptTemplate\n", id="core"),
        pytest.param(
            "from langchain_classic.memory import ConversationBufferMemory\n", id="classic"
        ),
        pytest.param("from langchain_community.vectorstores import FAISS\n", id="community"),
        pytest.param("from .langchain import chains\n", id="relative"),
        pytest.param("# from langchain.chains import RetrievalQA\n", id="commented out"),
    ],
)
def test_right_already(source):
    check_noop(langchain, source)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"requirements.txt": "langchain==0.3.27\n"}, id="a pin"),
        pytest.param({"requirements.txt": "langchain<1\n"}, id="a limit"),
        pytest.param({"requirements.txt": "langchain~=0.3.1\n"}, id="compatible release"),
        pytest.param({"requirements.txt": "langchain==0.3.*\n"}, id="a pin with a star"),
        pytest.param(
            {"requirements.txt": "langchain\nlangchain-community==0.3.20\n"}, id="a companion's pin"
        ),
        pytest.param({"requirements.txt": "langchain\npydantic==1.10.13\n"}, id="old pydantic"),
        pytest.param(
            {"requirements.txt": "-r base.txt\nflask\n", "base.txt": "langchain==0.1.20\n"},
            id="in an included file",
        ),
        pytest.param(
            {"requirements.txt": "langchain\n-c limits.txt\n", "limits.txt": "langchain<0.4\n"},
            id="a constraint",
        ),
        pytest.param(
            {"pyproject.toml": '[project]\ndependencies = ["langchain<0.4"]\n'}, id="PEP 621"
        ),
        pytest.param(
            {"pyproject.toml": '[tool.poetry.dependencies]\nlangchain = "^0.1.0"\n'}, id="Poetry"
        ),
        pytest.param({"Pipfile": '[packages]\nlangchain = "==0.0.350"\n'}, id="Pipfile"),
        pytest.param({"environment.yml": "dependencies:\n  - langchain=0.1\n"}, id="conda"),
        pytest.param(
            {"setup.py": 'setup(install_requires=["langchain==0.0.225"])\n'}, id="setup.py"
        ),
        pytest.param({"Dockerfile": "RUN pip install flask langchain==0.1.0\n"}, id="Dockerfile"),
        pytest.param(
            {
                "pyproject.toml": '[tool.poetry.dependencies]\nlangchain = ">=0.1"\n',
                "poetry.lock": '[[package]]\nname = "langchain"\nversion = "0.3.27"\n',
            },
            id="a lock",
        ),
        pytest.param(
            {"requirements.txt": "langchain\n", "runtime.txt": "python-3.9.18"}, id="Python 3.9"
        ),
        pytest.param({"api/requirements.txt": "langchain==0.3.1\n"}, id="in another folder"),
    ],
)
def test_not_1x(files):
    check_noop(langchain, {"app.py": OLD, **files})


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="no manifest"),
        pytest.param({"requirements.txt": "langchain\n"}, id="no version"),
        pytest.param({"requirements.txt": "langchain>=0.1\n"}, id="a lower bound"),
        pytest.param({"requirements.txt": "langchain>=0.3,<2\n"}, id="a range with 1.x"),
        pytest.param({"requirements.txt": "langchain==1.0.3\n"}, id="a pin of 1.x"),
        pytest.param(
            {"pyproject.toml": '[tool.poetry.dependencies]\nlangchain = "^1.0"\n'}, id="Poetry"
        ),
        pytest.param({"Pipfile": '[packages]\nlangchain = "*"\n'}, id="Pipfile"),
        pytest.param(
            {"requirements.txt": "langchain\n", "api/requirements.txt": "langchain==0.3.1\n"},
            id="a pin in another folder",
        ),
    ],
)
def test_1x(files):
    check_transformed(langchain, {"app.py": OLD, **files}, NEW, notes=[("changed", "app.py", 1)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "from langchain.embeddings import HuggingFaceEmbeddings  # local\n",
            "from langchain_community.embeddings import HuggingFaceEmbeddings  # local\n",
            id="a comment stays",
        ),
        pytest.param(
            "from langchain.chains import (\n    LLMChain,  # one\n    RetrievalQA,\n)\n",
            "from langchain_classic.chains import (\n    LLMChain,  # one\n    RetrievalQA,\n)\n",
            id="parentheses",
        ),
        pytest.param(
            "from langchain import PromptTemplate, LLMChain, OpenAI as LLM\n",
            "from langchain_core.prompts import PromptTemplate\n"
            "from langchain_classic import LLMChain\n"
            "from langchain_openai import OpenAI as LLM\n",
            id="split in three",
        ),
        pytest.param(
            "from langchain.schema import (\n    AIMessage,  # ours\n    Document,\n    HumanMessage,\n)\n",
            "from langchain_core.messages import (\n    AIMessage,  # ours\n    HumanMessage,\n)\n"
            "from langchain_core.documents import Document\n",
            id="split in parentheses",
        ),
        pytest.param(
            "from langchain.agents import create_agent, AgentType\n",
            "from langchain.agents import create_agent\nfrom langchain_classic.agents import AgentType\n",
            id="one of them stays",
        ),
        pytest.param(
            "def chain():\n    from langchain.schema import Document, AIMessage\n    return Document\n",
            "def chain():\n    from langchain_core.documents import Document\n"
            "    from langchain_core.messages import AIMessage\n    return Document\n",
            id="in a function",
        ),
        pytest.param(
            "if x: from langchain.schema import Document, AIMessage\n",
            "if x: from langchain_core.documents import Document;"
            " from langchain_core.messages import AIMessage\n",
            id="on one line",
        ),
        pytest.param(
            "from langchain_community.chat_models import ChatOpenAI, ChatZhipuAI\n",
            "from langchain_community.chat_models import ChatZhipuAI\n"
            "from langchain_openai import ChatOpenAI\n",
            id="moved out of community",
        ),
        pytest.param(
            "from langchain.chat_models.openai import ChatOpenAI\n",
            "from langchain_openai import ChatOpenAI\n",
            id="by its own module",
        ),
        pytest.param(
            "from langchain.schema import Document, AIMessage\r\nx = 'ä'\r\n",
            "from langchain_core.documents import Document\r\n"
            "from langchain_core.messages import AIMessage\r\nx = 'ä'\r\n",
            id="CRLF",
        ),
        pytest.param(
            "from langchain import hub",
            "from langchain_classic import hub",
            id="no newline at the end",
        ),
    ],
)
def test_rewritten(before, after):
    check_transformed(langchain, {"app.py": before.encode()}, {"app.py": after.encode()})


@pytest.mark.parametrize(
    ("source", "kind", "line", "says"),
    [
        pytest.param(
            "from langchain.memory import *\n", "skipped", 1, "does not say which names", id="star"
        ),
        pytest.param(
            "import os\nfrom langchain.vectorstores import Weaviate\n",
            "refused",
            2,
            "WeaviateVectorStore of langchain_weaviate",
            id="gone",
        ),
    ],
)
def test_left_with_a_reason(source, kind, line, says):
    project = check_noop(langchain, source, notes=[(kind, "app.py", line)])
    assert says in project.notes[0].message


def test_what_is_gone_leaves_the_rest():
    check_transformed(
        langchain,
        "from langchain.vectorstores import FAISS, Tigris\n",
        "from langchain.vectorstores import Tigris\n"
        "from langchain_community.vectorstores import FAISS\n",
        notes=[("refused", "app.py", 1), ("changed", "app.py", 1)],
    )


def test_own_module_of_that_name():
    check_noop(langchain, {"app.py": OLD, "langchain/__init__.py": "", "langchain/chains.py": ""})


@pytest.fixture
def code_rules():
    """The rules that edit code, in their order, as one."""
    rules = ModuleType("code_rules")
    chosen = [rule for rule in RULES if rule.ID not in ("requirements", "health", "launch")]
    rules.apply = lambda project, settings: [rule.apply(project, settings) for rule in chosen]
    return rules


def test_the_other_rules_know_what_it_writes(code_rules):
    before = (
        "from langchain.memory import ConversationBufferMemory\n"
        "from langchain.embeddings import HuggingFaceEmbeddings\n"
        "from langchain.chat_models import ChatOpenAI\n"
        "from langchain.chains import ConversationChain\n"
        "e = HuggingFaceEmbeddings(model_name='all-MiniLM-L6-v2')\n"
        "m = ChatOpenAI()\n"
        "c = ConversationChain(llm=m, memory=ConversationBufferMemory(), verbose=True)\n"
    )
    after = (
        "from fit512_runtime.window_memory import WindowMemory\n"
        "from fit512_runtime.onnx_embeddings import OnnxEmbeddings\n"
        "from langchain_openai import ChatOpenAI\n"
        "from langchain_classic.chains import ConversationChain\n"
        "e = OnnxEmbeddings('models/all-MiniLM-L6-v2')\n"
        "m = ChatOpenAI(request_timeout=30)\n"
        "c = ConversationChain(llm=m, memory=WindowMemory(k=5), verbose=False)\n"
    )
    check_transformed(code_rules, before, after)
