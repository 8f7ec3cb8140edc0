"""Whatever is imported, and however it is written, each name comes from its home afterwards."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.migrate.helpers import path, write
from tools.migrate.langchain.homes import Gone, home
from tools.migrate.project import Project
from tools.migrate.rules import langchain
from tools.migrate.settings import Settings

NAMES = {
    "langchain": ["LLMChain", "OpenAI", "PromptTemplate", "FAISS", "hub"],
    "langchain.schema": ["AIMessage", "Document", "HumanMessage", "BaseMemory"],
    "langchain.agents": ["create_agent", "AgentType", "Tool", "load_tools", "create_csv_agent"],
    "langchain.vectorstores": ["FAISS", "Chroma", "Weaviate", "Pinecone"],
    "langchain_community.chat_models": ["ChatOpenAI", "ChatZhipuAI", "BedrockChat"],
}
MODULES = st.sampled_from(sorted(NAMES))
SPACE = st.sampled_from(["", " ", "  "])
COMMENT = st.sampled_from(["", "  # why", "# é💬, (", "  # a, b"])


@st.composite
def imports(draw: st.DrawFn) -> str:
    """One statement with several names: on one line, on continued lines or in parentheses."""
    module = draw(MODULES)
    names = draw(st.lists(st.sampled_from(NAMES[module]), min_size=1, max_size=4, unique=True))
    clauses = [f"{name} as X{name}" if draw(st.booleans()) else name for name in names]
    layout = draw(st.sampled_from(["line", "backslash", "parentheses", "lines"]))
    if layout == "line":
        return (
            f"from {module} import " + f"{draw(SPACE)},{draw(SPACE)}".join(clauses) + draw(COMMENT)
        )
    if layout == "backslash":
        return f"from {module}  import " + ", \\\n    ".join(clauses)
    if layout == "parentheses":
        comma = draw(st.sampled_from(["", ",", " , "]))
        return f"from {module} import ({draw(SPACE)}{', '.join(clauses)}{comma}){draw(COMMENT)}"
    rows = [f"    {clause},{draw(COMMENT)}\n" for clause in clauses]
    return f"from {module} import ({draw(COMMENT)}\n{''.join(rows)})"


def bound(source: str) -> dict[str, str]:
    """Local name -> where it comes from."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def at_home(origin: str) -> str:
    module, _, name = origin.rpartition(".")
    place = home(module, name)
    return origin if isinstance(place, Gone) else f"{place}.{name}"


def comments(source: str) -> int:
    return source.count("# why") + source.count("# é💬, (") + source.count("# a, b")


@settings(max_examples=150, deadline=None)
@given(imports(), st.booleans(), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_name_from_its_home(statement, indented, newline, bom):
    lines = [f"    {line}" if indented else line for line in statement.split("\n")]
    source = newline.join(["def f():" if indented else "x = 1", *lines, "# end"])
    with tempfile.TemporaryDirectory() as folder:
        data = (b"\xef\xbb\xbf" if bom else b"") + source.encode()
        project = Project.open(write(Path(folder), {"app.py": data}))
        langchain.apply(project, Settings())
        after = project.read(path("app.py"))
    text = after.removeprefix(b"\xef\xbb\xbf").decode()
    assert bound(text) == {name: at_home(origin) for name, origin in bound(source).items()}
    assert comments(text) == comments(source)
    assert after.startswith(data[: data.index(b"from")])
    assert text.endswith(f"{newline}# end")
    assert text.count(newline) == text.count("\n")
