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


LADDER = "try:\n    from {0} import {1}\nexcept ImportError:\n    from {2} import {1}\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            LADDER.format("langchain.memory", "M", "langchain_classic.memory"), id="the last"
        ),
        pytest.param(
            LADDER.format("langchain_classic.memory", "M", "langchain.memory"), id="the first"
        ),
        pytest.param(
            "try:\n    from langchain.text_splitter import S\nexcept ImportError:\n    try:\n"
            "        from langchain.splitters import S\n    except Exception:\n"
            "        from langchain_text_splitters import S\n",
            id="nested",
        ),
    ],
)
def test_a_ladder_that_works(source):
    check_noop(langchain, source)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            LADDER.format("langchain.chains.base", "Chain", "langchain.chains"),
            LADDER.format("langchain_classic.chains.base", "Chain", "langchain.chains"),
            id="its first branch is put right",
        ),
        pytest.param(
            "try:\n    from langchain.chains import LLMChain\n    OK = True\n"
            "except ImportError:\n    OK = False\n",
            "try:\n    from langchain_classic.chains import LLMChain\n    OK = True\n"
            "except ImportError:\n    OK = False\n",
            id="no other import",
        ),
        pytest.param(
            "try:\n    from langchain.chains import LLMChain\nexcept KeyError:\n"
            "    from langchain_classic.chains import LLMChain\n",
            "try:\n    from langchain_classic.chains import LLMChain\nexcept KeyError:\n"
            "    from langchain_classic.chains import LLMChain\n",
            id="another error is caught",
        ),
    ],
)
def test_a_ladder_that_does_not(before, after):
    check_transformed(langchain, before, after)


RETRIEVER = "from langchain_community.vectorstores import FAISS\n"
CHAT = "from langchain_openai import ChatOpenAI\n"
LLM = "from langchain_community.llms import LlamaCpp\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "r = db.as_retriever()\nd = r.get_relevant_documents(q)\n",
            "r = db.as_retriever()\nd = r.invoke(q)\n",
            id="a retriever",
        ),
        pytest.param(
            "d = db.as_retriever().get_relevant_documents( query = q )\n",
            "d = db.as_retriever().invoke( input = q )\n",
            id="by keyword",
        ),
        pytest.param(
            "class A:\n    r = None\n    def __init__(self):\n        self.r = None\n"
            "        self.r = db.as_retriever()\n    async def ask(self, q):\n"
            "        return await self.r.aget_relevant_documents(q)\n",
            "class A:\n    r = None\n    def __init__(self):\n        self.r = None\n"
            "        self.r = db.as_retriever()\n    async def ask(self, q):\n"
            "        return await self.r.ainvoke(q)\n",
            id="an attribute",
        ),
        pytest.param(
            "def make():\n    return db.as_retriever()\n\nr = make()\nd = r.get_relevant_documents(q)\n",
            "def make():\n    return db.as_retriever()\n\nr = make()\nd = r.invoke(q)\n",
            id="from a function",
        ),
        pytest.param(
            "from langchain_community.retrievers import BM25Retriever as B\n"
            "d = B.from_documents(x).get_relevant_documents(q)\n",
            "from langchain_community.retrievers import BM25Retriever as B\n"
            "d = B.from_documents(x).invoke(q)\n",
            id="a class of its own",
        ),
        pytest.param(
            f"{CHAT}m = ChatOpenAI()\nt = m.predict(q, stop=['x'])\n",
            f"{CHAT}m = ChatOpenAI()\nt = m.invoke(q, stop=['x']).content\n",
            id="a chat model's predict",
        ),
        pytest.param(
            f"{CHAT}m = ChatOpenAI()\na = m([q]).content\nb = m.predict_messages([q])\n",
            f"{CHAT}m = ChatOpenAI()\na = m.invoke([q]).content\nb = m.invoke([q])\n",
            id="a chat model called",
        ),
        pytest.param(
            f"{LLM}m = LlamaCpp(model_path=p)\na = m(q)\nb = m.predict(text=q)\n",
            f"{LLM}m = LlamaCpp(model_path=p)\na = m.invoke(q)\nb = m.invoke(input=q)\n",
            id="an LLM",
        ),
    ],
)
def test_methods_that_are_gone(before, after):
    check_transformed(langchain, before, after)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            "from sklearn import svm\nc = svm.SVC()\nc.predict(x)\n", id="another predict"
        ),
        pytest.param(
            "from langchain_classic.chains import LLMChain\nc = LLMChain(llm=m)\nc(x)\nc.run(x)\n"
            "c.predict(x=1)\nc.apply([x])\n",
            id="a chain",
        ),
        pytest.param(f"{CHAT}m = ChatOpenAI()\nm = other()\nm(x)\n", id="perhaps another object"),
        pytest.param(
            "class Own:\n    def get_relevant_documents(self, q): ...\n\n"
            "def f(r):\n    return r.get_relevant_documents(1)\n",
            id="a method of the repository's own",
        ),
    ],
)
def test_other_methods(source):
    check_noop(langchain, source)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(r, q):\n    return r.get_relevant_documents(q)\n", id="a parameter"),
        pytest.param(
            "r = db.as_retriever()\nd = r.get_relevant_documents(q, callbacks=c)\n", id="an option"
        ),
        pytest.param(f"{CHAT}m = ChatOpenAI()\nm(q, callbacks=[c])\n", id="a call with an option"),
    ],
)
def test_methods_left_with_a_reason(source):
    line = len(source.splitlines())
    project = check_noop(langchain, source, notes=[("skipped", "app.py", line)])
    assert "write invoke(…)" in project.notes[0].message


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import langchain\nprint(langchain.__version__)\n", id="its version"),
        pytest.param("import langchain\nlangchain.verbose = False\n", id="a setting"),
        pytest.param("import langchain\nlangchain.llm_cache = None\n", id="no cache"),
        pytest.param("import langchain.agents.middleware as m\nm.X\n", id="new in 1.x"),
        pytest.param("import langchain.agents\nlangchain.agents.create_agent()\n", id="1.x"),
        pytest.param("import langchain_core.prompts\n", id="core"),
    ],
)
def test_modules_that_are_there(source):
    check_noop(langchain, source)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "import langchain.chains\n", "import langchain_classic.chains\n", id="no use of it"
        ),
        pytest.param(
            "import langchain.text_splitter as ts\nts.CharacterTextSplitter()\n",
            "import langchain_text_splitters as ts\nts.CharacterTextSplitter()\n",
            id="renamed",
        ),
        pytest.param(
            "import langchain.chat_models as cm\ncm.ChatOpenAI()\n",
            "import langchain_openai as cm\ncm.ChatOpenAI()\n",
            id="renamed, to the class's package",
        ),
        pytest.param(
            "import os, langchain.chains\nc = langchain.chains.LLMChain.from_string(m, t)\n",
            "import os, langchain_classic.chains\nc = langchain_classic.chains.LLMChain.from_string(m, t)\n",
            id="a chain of names",
        ),
        pytest.param(
            "import langchain\np = langchain.PromptTemplate()\nv = langchain.__version__\n",
            "import langchain, langchain_core.prompts\np = langchain_core.prompts.PromptTemplate()\n"
            "v = langchain.__version__\n",
            id="the package is still needed",
        ),
        pytest.param(
            "import langchain\nimport langchain.hub\np = langchain.hub.pull('x')\n",
            "import langchain\nimport langchain_classic.hub\np = langchain_classic.hub.pull('x')\n",
            id="imported twice",
        ),
        pytest.param(
            "import langchain\nfrom langchain.cache import InMemoryCache\n"
            "langchain.llm_cache = InMemoryCache()  # shared\n",
            "import langchain_core.globals\nfrom langchain_community.cache import InMemoryCache\n"
            "langchain_core.globals.set_llm_cache(InMemoryCache())  # shared\n",
            id="the cache",
        ),
        pytest.param(
            "def f():\n    import langchain.llms\n    return langchain.llms.LlamaCpp()\n",
            "def f():\n    import langchain_community.llms\n"
            "    return langchain_community.llms.LlamaCpp()\n",
            id="in a function",
        ),
    ],
)
def test_modules(before, after):
    check_transformed(langchain, before, after)


@pytest.mark.parametrize(
    ("source", "kind", "line"),
    [
        pytest.param(
            "import langchain.schema as s\ns.Document\ns.AIMessage\n", "skipped", 1, id="two homes"
        ),
        pytest.param(
            "import langchain\n\nlangchain.vectorstores.Weaviate()\n", "refused", 3, id="gone"
        ),
    ],
)
def test_modules_left_with_a_reason(source, kind, line):
    check_noop(langchain, source, notes=[(kind, "app.py", line)])


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
