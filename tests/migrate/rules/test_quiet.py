from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import quiet


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("verbose = True\n", id="a variable"),
        pytest.param("model.fit(x, verbose=True)\n", id="an unknown object"),
        pytest.param(
            "from langchain_community.llms import LlamaCpp\nllm = LlamaCpp(path, verbose=True)\n",
            id="LlamaCpp's own",
        ),
        pytest.param(
            "import argparse\nargparse.ArgumentParser().add_argument('-v', verbose=True)\n",
            id="argparse",
        ),
        pytest.param(
            "from django.db import models\nname = models.CharField(verbose_name=True)\n",
            id="verbose_name",
        ),
        pytest.param(
            "from langchain.chains import LLMChain\nc = LLMChain(llm=l, verbose=False)\n",
            id="off already",
        ),
        pytest.param(
            "from langchain.chains import LLMChain\nc = LLMChain(llm=l, verbose=DEBUG)\n",
            id="a variable decides",
        ),
        pytest.param(
            "from langchain.chains import LLMChain\n"
            "def LLMChain(verbose): ...\nc = LLMChain(verbose=True)\n",
            id="a local function of the name",
        ),
        pytest.param("app.debug = True\ndebug = verbose = True\n", id="other flags"),
        pytest.param("import langchain\nlangchain.debug = DEBUG\n", id="a variable decides on it"),
        pytest.param(
            "import logging as langchain\nlangchain.debug = True\n", id="another module of the name"
        ),
        pytest.param(
            "from langchain_community.llms.llamacpp import LlamaCpp as L\nL(verbose=True)\n",
            id="LlamaCpp's own, aliased",
        ),
    ],
)
def test_left_alone(source):
    check_noop(quiet, source)


def test_chains_agents_and_memories():
    check_transformed(
        quiet,
        """\
        from langchain.chains import ConversationalRetrievalChain as Chain
        from langchain.agents import initialize_agent, AgentExecutor
        import langchain.chains
        a = Chain.from_llm(llm=llm, verbose=True)
        b = initialize_agent(
            tools, llm,
            verbose = (True),  # while testing
        )
        c = AgentExecutor.from_agent_and_tools(agent=initialize_agent(t, l, verbose=True), verbose=True)
        d = langchain.chains.LLMChain(verbose=True, llm=llm)
        """,
        """\
        from langchain.chains import ConversationalRetrievalChain as Chain
        from langchain.agents import initialize_agent, AgentExecutor
        import langchain.chains
        a = Chain.from_llm(llm=llm, verbose=False)
        b = initialize_agent(
            tools, llm,
            verbose = False,  # while testing
        )
        c = AgentExecutor.from_agent_and_tools(agent=initialize_agent(t, l, verbose=False), verbose=False)
        d = langchain.chains.LLMChain(verbose=False, llm=llm)
        """,
        notes=[
            ("changed", "app.py", 4),
            ("changed", "app.py", 7),
            ("changed", "app.py", 9),
            ("changed", "app.py", 9),
            ("changed", "app.py", 10),
        ],
    )


def test_global_switches():
    check_transformed(
        quiet,
        "from langchain.globals import set_verbose, set_debug\nset_verbose(True)\nset_debug(value=True)\n",
        "from langchain.globals import set_verbose, set_debug\nset_verbose(False)\nset_debug(value=False)\n",
    )


def test_flags_of_the_package():
    check_transformed(
        quiet,
        "import langchain\nlangchain.debug = True  # for now\nlangchain.verbose=(True)\n",
        "import langchain\nlangchain.debug = False  # for now\nlangchain.verbose=False\n",
        notes=[("changed", "app.py", 2), ("changed", "app.py", 3)],
    )


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        pytest.param(
            'chain_type_kwargs={"verbose": True, "prompt": p}',
            'chain_type_kwargs={"verbose": False, "prompt": p}',
            id="of the chain inside",
        ),
        pytest.param(
            "combine_docs_chain_kwargs=dict(verbose=True)",
            "combine_docs_chain_kwargs=dict(verbose=False)",
            id="by dict()",
        ),
        pytest.param(
            "chain_type_kwargs={'verbose': True,}, verbose=True",
            "chain_type_kwargs={'verbose': False,}, verbose=False",
            id="both",
        ),
    ],
)
def test_what_a_chain_hands_on(given, becomes):
    source = "from langchain.chains import RetrievalQA\nq = RetrievalQA.from_chain_type({})\n"
    check_transformed(quiet, source.format(given), source.format(becomes))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param('model_kwargs={"verbose": True}', id="the model's own"),
        pytest.param('chain_type_kwargs={"verbose": DEBUG}', id="a variable decides"),
        pytest.param("chain_type_kwargs=kwargs", id="a dictionary from elsewhere"),
        pytest.param("chain_type_kwargs={**kwargs}", id="another dictionary's"),
    ],
)
def test_what_is_handed_on_is_left_alone(given):
    source = "from langchain.chains import RetrievalQA\nq = RetrievalQA.from_chain_type({})\n"
    check_noop(quiet, source.format(given))
