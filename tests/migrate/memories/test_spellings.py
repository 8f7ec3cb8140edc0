from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import memory
from tools.migrate.settings import Settings

OLD = "from langchain.memory import ConversationBufferMemory\n"
OURS = "from fit512_runtime.window_memory import WindowMemory\n"


@pytest.mark.parametrize(
    "imports",
    [
        pytest.param("from langchain import memory\n", id="the module"),
        pytest.param("import langchain.memory as memory\n", id="the module renamed"),
    ],
)
def test_through_the_module(imports):
    check_transformed(
        memory,
        f"{imports}m = memory.ConversationBufferMemory()\n",
        f"{OURS}m = WindowMemory(k=5)\n",
    )


def test_by_its_full_name():
    check_transformed(
        memory,
        "import langchain.memory\nm = langchain.memory.ConversationBufferMemory()\n",
        f"{OURS}m = WindowMemory(k=5)\n",
    )


def test_inside_a_function():
    check_transformed(
        memory,
        """\
        def make():
            from langchain.memory import ConversationBufferMemory
            return ConversationBufferMemory()
        """,
        """\
        def make():
            from fit512_runtime.window_memory import WindowMemory
            return WindowMemory(k=5)
        """,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("m: ConversationBufferMemory", "m: WindowMemory", id="variable"),
        pytest.param(
            "m: Optional[ConversationBufferMemory] = None",
            "m: Optional[WindowMemory] = None",
            id="optional",
        ),
        pytest.param(
            "m: ConversationBufferMemory | None = None", "m: WindowMemory | None = None", id="union"
        ),
        pytest.param(
            "m: dict[str, ConversationBufferMemory] = {}",
            "m: dict[str, WindowMemory] = {}",
            id="dict",
        ),
        pytest.param(
            "Memories = Dict[str, ConversationBufferMemory]",
            "Memories = Dict[str, WindowMemory]",
            id="an alias",
        ),
        pytest.param(
            "isinstance(x, (str, ConversationBufferMemory))",
            "isinstance(x, (str, WindowMemory))",
            id="isinstance",
        ),
        pytest.param("cast(ConversationBufferMemory, x)", "cast(WindowMemory, x)", id="cast"),
    ],
)
def test_where_only_the_type_is_meant(before, after):
    check_transformed(memory, f"{OLD}{before}\n", f"{OURS}{after}\n", notes=[])


def test_an_annotation_in_quotes_keeps_its_import():
    check_transformed(
        memory,
        f"{OLD}def f(m: 'ConversationBufferMemory'):\n    m = ConversationBufferMemory()\n",
        f"{OLD}{OURS}def f(m: 'ConversationBufferMemory'):\n    m = WindowMemory(k=5)\n",
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "m = defaultdict(ConversationBufferMemory)",
            "m = defaultdict(lambda: WindowMemory(k=3))",
            id="defaultdict",
        ),
        pytest.param(
            "m = collections.defaultdict(lambda: ConversationBufferMemory(return_messages=True))",
            "m = collections.defaultdict(lambda: WindowMemory(k=3, return_messages=True))",
            id="defaultdict of a lambda",
        ),
        pytest.param(
            "m: ConversationBufferMemory = field(default_factory=ConversationBufferMemory)",
            "m: WindowMemory = field(default_factory=lambda: WindowMemory(k=3))",
            id="a field",
        ),
        pytest.param(
            "m = partial(ConversationBufferMemory, return_messages=True)",
            "m = partial(WindowMemory, k=3, return_messages=True)",
            id="partial",
        ),
        pytest.param(
            "m = functools.partial(ConversationBufferMemory)",
            "m = functools.partial(WindowMemory, k=3)",
            id="partial of nothing",
        ),
    ],
)
def test_a_class_that_is_handed_on(before, after):
    check_transformed(memory, f"{OLD}{before}\n", f"{OURS}{after}\n", settings=Settings(k=3))


def test_a_class_of_its_own():
    check_transformed(
        memory,
        f"{OLD}class Memory(ConversationBufferMemory):\n    found: list = []\nm = Memory()\n",
        f"{OURS}class Memory(WindowMemory):\n    found: list = []\nm = Memory()\n",
        notes=[("changed", "app.py", 2)],
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("(k=2)", "(k=2)", id="a number"),
        pytest.param("(k=TURNS, memory_key='h')", "(k=TURNS, memory_key='h')", id="a constant"),
        pytest.param("(k=int(os.getenv('K', 3)))", "(k=int(os.getenv('K', 3)))", id="environment"),
        pytest.param("()", "()", id="LangChain's own 5"),
    ],
)
def test_a_window_keeps_its_size(before, after):
    old = OLD.replace("BufferMemory", "BufferWindowMemory")
    check_transformed(
        memory,
        f"{old}m = ConversationBufferWindowMemory{before}\n",
        f"{OURS}m = WindowMemory{after}\n",
        settings=Settings(k=9),
    )


def test_a_size_that_the_buffer_ignored_is_taken_as_meant():
    check_transformed(
        memory, f"{OLD}m = ConversationBufferMemory(k=8)\n", f"{OURS}m = WindowMemory(k=8)\n"
    )


def test_the_memory_of_strings():
    old = OLD.replace("BufferMemory", "StringBufferMemory")
    check_transformed(
        memory,
        f"{old}m = ConversationStringBufferMemory(memory_key='h')\n",
        f"{OURS}m = WindowMemory(k=5, memory_key='h')\n",
    )
    check_noop(
        memory,
        f"{old}m = ConversationStringBufferMemory(buffer='Human: hi')\n",
        notes=[("skipped", "app.py", 2)],
    )


@pytest.mark.parametrize(
    "history",
    [
        "langchain.memory import ChatMessageHistory",
        "langchain.memory.chat_message_histories.in_memory import ChatMessageHistory",
        "langchain_community.chat_message_histories import ChatMessageHistory",
        "langchain_core.chat_history import InMemoryChatMessageHistory as ChatMessageHistory",
    ],
)
def test_messages_kept_in_a_list_of_this_process(history):
    check_transformed(
        memory,
        f"from {history}\n{OLD}m = ConversationBufferMemory(chat_memory=ChatMessageHistory())\n",
        "from fit512_runtime.session_history import SessionHistory\n"
        f"{OURS}m = WindowMemory(k=5, chat_memory=SessionHistory())\n",
    )


def test_messages_kept_under_a_name():
    check_transformed(
        memory,
        """\
        from langchain.memory import ChatMessageHistory, ConversationBufferMemory
        def start():
            history = ChatMessageHistory()
            return ConversationBufferMemory(memory_key="h", chat_memory=history)
        """,
        """\
        from fit512_runtime.window_memory import WindowMemory
        from fit512_runtime.session_history import SessionHistory
        def start():
            history = SessionHistory()
            return WindowMemory(k=5, memory_key="h", chat_memory=history)
        """,
        notes=[("changed", "app.py", 4)],
    )


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("history", id="a parameter"),
        pytest.param("RedisChatMessageHistory(session_id='a')", id="Redis"),
        pytest.param("FileChatMessageHistory('chat.json')", id="a file"),
    ],
)
def test_messages_kept_elsewhere_are_left(given):
    check_noop(
        memory,
        f"from langchain_community.chat_message_histories import *\n{OLD}"
        f"def f(history):\n    return ConversationBufferMemory(chat_memory={given})\n",
        notes=[("skipped", "app.py", 4)],
    )


@pytest.mark.parametrize(
    ("imports", "converted"),
    [
        pytest.param(
            "    from langchain.memory import ConversationBufferMemory\n",
            "    from fit512_runtime.window_memory import WindowMemory as ConversationBufferMemory\n",
            id="by itself",
        ),
        pytest.param(
            "    from langchain.memory import ConversationBufferMemory, SimpleMemory\n",
            "    from langchain.memory import SimpleMemory\n"
            "    from fit512_runtime.window_memory import WindowMemory as ConversationBufferMemory\n",
            id="beside another",
        ),
    ],
)
def test_an_import_that_may_fail(imports, converted):
    rest = "except ImportError:\n    ConversationBufferMemory = None\n"
    use = "m = ConversationBufferMemory({0}) if ConversationBufferMemory is not None else None\n"
    use += "other = ConversationBufferMemory({0})\n"
    check_transformed(
        memory,
        f"try:\n{imports}{rest}{use.format('')}",
        f"try:\n{converted}{rest}{use.format('k=5')}",
        notes=[("changed", "app.py", 5), ("changed", "app.py", 6)],
    )


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("ConversationBufferMemory = object", id="another class"),
        pytest.param(
            "def ConversationBufferMemory():\n        return None", id="a function of that name"
        ),
    ],
)
def test_an_import_that_has_a_replacement_is_left(other):
    source = f"try:\n    {OLD}except ImportError:\n    {other}\nm = ConversationBufferMemory()\n"
    line = len(source.splitlines())
    check_noop(memory, source, notes=[("skipped", "app.py", line)])


def test_calls_under_one_name_are_converted_together_or_not_at_all():
    source = (
        f"try:\n    {OLD}except ImportError:\n    ConversationBufferMemory = None\n"
        "a = ConversationBufferMemory()\nb = ConversationBufferMemory(chat_memory=stored)\n"
    )
    check_noop(memory, source, notes=[("skipped", "app.py", 5), ("skipped", "app.py", 6)])
