from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from tests.migrate.helpers import path
from tools.migrate.flows import destinations
from tools.migrate.keepers import is_singleton, kept_for_all, session_key
from tools.migrate.lifetime import Place, _walk


def memory(source: str) -> Place:
    """The place of `Memory()` in a module."""
    tree = ast.parse(dedent(source))
    return next(
        place for place in _walk(path("app.py"), tree) if ast.unparse(place.node) == "Memory()"
    )


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param("m = Memory()", ["m"], id="a name"),
        pytest.param("m = Memory()\n    c = Chain(memory=m)", ["m", "c"], id="made of it"),
        pytest.param("m = Memory()\n    d['x'] = m", ["m", "d['x']"], id="into a dictionary"),
        pytest.param("m = Memory()\n    a = m.load(q)", ["m"], id="only asked"),
        pytest.param("m = Memory()\n    a = m(q)", ["m"], id="only called"),
        pytest.param("c = Chain(lambda s: Memory())", ["c"], id="in a lambda"),
        pytest.param("a, b = Memory(), 1", ["a", "b"], id="a tuple"),
        pytest.param("m: M = Memory()", ["m"], id="annotated"),
        pytest.param("return Memory()", [], id="returned"),
        pytest.param("m = Memory()\n    def g(m):\n        c = m", ["m"], id="an inner function"),
    ],
)
def test_where_a_value_goes(body, names):
    place = memory(f"def f():\n    {body}\n")
    assert [ast.unparse(target) for target in destinations(place.node, place.around)] == names


@pytest.mark.parametrize(
    ("statement", "key"),
    [
        ("store[session_id] = Memory()", "session_id"),
        ("store[request.user_id] = Memory()", "request.user_id"),
        ("store[data['conversation_id']] = Memory()", "data['conversation_id']"),
        ("self.chats[update.effective_chat.id] = Chain(Memory())", "update.effective_chat.id"),
        ("store.setdefault(thread_id, Memory())", "thread_id"),
        ("store['session'] = Memory()", None),
        ("store[model] = Memory()", None),
        ("store = Memory()", None),
    ],
)
def test_the_key_of_a_session(statement, key):
    place = memory(f"def f():\n    {statement}\n")
    found = session_key(place.node, place.around)
    assert (found and ast.unparse(found)) == key


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        pytest.param("global bot\n    bot = Memory()", True, id="a global name"),
        pytest.param("models['memory'] = Memory()", True, id="a dictionary of the module"),
        pytest.param("app.chain = Memory()", True, id="an attribute of the app"),
        pytest.param("request.app.state.chain = Memory()", True, id="the app's state"),
        pytest.param(
            "models = {}\n    models['memory'] = Memory()", False, id="a local dictionary"
        ),
        pytest.param("st.session_state['m'] = Memory()", False, id="Streamlit's session"),
        pytest.param("self.memory = Memory()", False, id="an attribute of its own"),
        pytest.param("bot = Memory()", False, id="a local name"),
    ],
)
def test_kept_for_all_visitors(body, kept):
    place = memory(
        f"import st\nbot, app, models = None, App(), {{}}\ndef f(request):\n    {body}\n"
    )
    assert kept_for_all(place.node, place.around) is kept


@pytest.mark.parametrize(
    ("source", "single"),
    [
        pytest.param(
            "class A:\n  def __new__(cls):\n    cls._i = super().__new__(cls)", True, id="new"
        ),
        pytest.param("class A:\n  def get(cls):\n    cls._i = cls._i or cls()", True, id="get"),
        pytest.param("class A:\n  def get():\n    A._i = A()", True, id="by its name"),
        pytest.param("@singleton\nclass A: ...", True, id="decorated"),
        pytest.param("class A(metaclass=Singleton): ...", True, id="metaclass"),
        pytest.param("class A:\n  def f(self):\n    self.x = B()", False, id="a usual class"),
        pytest.param("class A:\n  def f(cls):\n    x = cls()", False, id="a factory"),
    ],
)
def test_a_class_with_one_object(source, single):
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.ClassDef)
    assert is_singleton(node) is single
