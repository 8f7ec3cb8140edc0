"""Methods of retrievers and models that LangChain 1.x took away."""

from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import langchain

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
        pytest.param(
            f"{CHAT}m = ChatOpenAI()\nasync def f(q):\n    a = await m.apredict_messages([q])\n"
            "    return await m.apredict(text=q)\n",
            f"{CHAT}m = ChatOpenAI()\nasync def f(q):\n    a = await m.ainvoke([q])\n"
            "    return (await m.ainvoke(input=q)).content\n",
            id="a chat model, awaited",
        ),
        pytest.param(
            f"{CHAT}m = ChatOpenAI()\nasync def f(q):\n    return (await m.apredict(q)).strip()\n",
            f"{CHAT}m = ChatOpenAI()\nasync def f(q):\n"
            "    return ((await m.ainvoke(q)).content).strip()\n",
            id="awaited in brackets",
        ),
        pytest.param(
            f"{LLM}m = LlamaCpp(model_path=p)\nasync def f(q):\n    return await m.apredict(q)\n",
            f"{LLM}m = LlamaCpp(model_path=p)\nasync def f(q):\n    return await m.ainvoke(q)\n",
            id="an LLM, awaited",
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
        pytest.param(
            f"{CHAT}import asyncio\nm = ChatOpenAI()\nt = asyncio.run(m.apredict(q))\n",
            id="a coroutine that is handed on",
        ),
        pytest.param(
            f"{LLM}m = LlamaCpp(model_path=p)\na = m.predict_messages([q])\n",
            id="an LLM's text in place of a message",
        ),
    ],
)
def test_methods_left_with_a_reason(source):
    line = len(source.splitlines())
    project = check_noop(langchain, source, notes=[("skipped", "app.py", line)])
    assert "invoke(…)" in project.notes[0].message
