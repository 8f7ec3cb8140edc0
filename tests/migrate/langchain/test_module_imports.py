"""`import langchain.x` and what is reached through it."""

from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import langchain


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
