"""What may load what: each MiB that the service imports is paid on the host."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOLS_ONLY = [
    "deploy",
    "faiss",
    "jinja2",
    "langchain",
    "langchain_classic",
    "langchain_community",
    "langchain_core",
    "libcst",
    "locust",
    "memray",
    "onnx",
    "openai",
    "redis",
    "rich",
    "safetensors",
    "tomlkit",
    "tools",
    "torch",
    "transformers",
    "trustme",
    "uv",
]


def loaded_by(code: str) -> set[str]:
    code += "; import sys; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_service_loads_no_tool():
    assert loaded_by("import service.app").intersection(TOOLS_ONLY) == set()


def test_the_runtime_loads_no_langchain_and_nothing_else_of_ours():
    loaded = loaded_by("import vectorstore.onnx_embeddings")
    assert loaded.intersection([*TOOLS_ONLY, "service", "fastapi", "pydantic"]) == set()


ALLOWED = {
    "service": {"service", "vectorstore"},
    "vectorstore": {"vectorstore"},
    "tools/limits": {"tools.limits", "vectorstore"},
    "deploy": {"deploy", "tools.limits", "vectorstore.commandline"},
    "loadtests": {"loadtests", "tools.limits", "vectorstore"},
    "tools/migrate": {"tools.migrate", "tools.limits", "vectorstore"},
    "tools/profile": {"tools.profile", "tools.limits", "vectorstore"},
}


@pytest.mark.parametrize("part", ALLOWED)
def test_parts_import_only_what_the_design_allows(part):
    wrong = [
        f"{file.relative_to(ROOT)}:{line} imports {name}"
        for file in sorted((ROOT / part).rglob("*.py"))
        for name, line in our_imports(file)
        if not any(name == a or name.startswith(f"{a}.") for a in ALLOWED[part])
    ]
    assert wrong == []


def our_imports(file: Path) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [(f"{node.module}.{alias.name}", node.lineno) for alias in node.names]
    ours = ("service", "vectorstore", "tools", "deploy", "loadtests")
    return [(name, line) for name, line in found if name.split(".")[0] in ours]


def test_the_command_line_of_the_load_tests_loads_no_locust():
    """Locust patches sockets and threads at import: the process that reads the memory needs them as they are."""
    assert loaded_by("import loadtests.cli").intersection({"gevent", "locust", "service"}) == set()
