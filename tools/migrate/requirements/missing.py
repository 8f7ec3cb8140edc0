"""A requirements file for an app that has none, from what the app imports."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from tools.migrate.entrypoints import is_test
from tools.migrate.parsed import parse
from tools.migrate.project import RUNTIME
from tools.migrate.requirements.additions import Ranges, needs_of_runtime
from tools.migrate.requirements.files import Files, home
from tools.migrate.requirements.known import is_known
from tools.migrate.requirements.python_version import DEFAULT, stated_python
from tools.migrate.requirements.resolve import ResolveError, resolve
from tools.migrate.requirements.stack import Case, runtime_modules
from tools.migrate.requirements.uses import Use, uses
from tools.migrate.result import Kind, Note

if TYPE_CHECKING:
    from tools.migrate.project import Project

HEAD = "# What the app imports, as nothing said what to install (fit512)."
SERVED_BY = {"fastapi": "uvicorn", "starlette": "uvicorn", "quart": "hypercorn"}
# What LangChain 1.x still has under its own name; all else needs an older one.
LANGCHAIN_1 = frozenset(
    {"agents", "chat_models", "embeddings", "messages", "rate_limiters", "tools"}
)
MOVED = frozenset(
    ["chat_models", "document_loaders", "docstore", "embeddings", "llms", "retrievers"]
    + ["tools", "utilities", "vectorstores"]
)


def write_missing(project: Project, rule: str, files: Files, ranges: Ranges) -> None:
    """Stage a requirements.txt for each app with a model that no file anywhere is for."""
    homes = {home(path) for path in files}
    for root in sorted({project.app_root(entry.path) for entry in project.entry_points()}):
        found = any(root.is_relative_to(h) or h.is_relative_to(root) for h in homes)
        code = [] if found else _code(project, root)
        used = tuple(uses(project, code))
        case = Case((), tuple(code), used, runtime_modules(project, code))
        if case.runtime or any(use.needs_torch for use in used):
            _Missing(project, rule, root, case, ranges).write()


def _code(project: Project, root: PurePosixPath) -> list[PurePosixPath]:
    """The app below a folder, and the scripts that share its converted model."""
    served = project.served()
    return [
        path
        for path in project.python()
        if path.is_relative_to(root)
        and not is_test(path)
        and (path in served or runtime_modules(project, [path]))
    ]


@dataclass(frozen=True)
class _Missing:
    project: Project
    rule: str
    root: PurePosixPath
    case: Case
    ranges: Ranges

    @property
    def path(self) -> PurePosixPath:
        return self.root / "requirements.txt"

    def write(self) -> None:
        wanted, unknown = self._wanted()
        lines = sorted(wanted)
        text = "".join(f"{line}\n" for line in [HEAD, *lines, *_in_comments(unknown)])
        self.project.write(self.path, text.encode())
        self._note("changed", None, f"new, as nothing said what to install: {', '.join(lines)}")
        for use in unknown:
            message = f"which package brings {use.what} is not known: add its line to {self.path}"
            self.project.note(Note(self.rule, "skipped", str(use.path), use.line, message))
        self._check(lines)

    def _wanted(self) -> tuple[list[str], list[Use]]:
        """(requirements, one use of each import whose package is not known)"""
        found: dict[str, str] = {}
        unknown: dict[str, Use] = {}
        for use in self.case.used:
            top = use.what.partition(".")[0]
            if use.needs_torch and use.what == "an embedding model that was left as it is":
                found.setdefault(use.package, use.package)
            elif self._is_own(use, top) or use.line in self._optional(use.path):
                continue
            elif is_known(use.what, use.package):
                found.setdefault(use.package, use.package)
            else:
                unknown.setdefault(top, use)
        found |= self._langchain()
        found |= {SERVED_BY[name]: SERVED_BY[name] for name in SERVED_BY.keys() & found.keys()}
        for requirement in needs_of_runtime(self.case, self.ranges).added:
            found[Requirement(requirement).name] = requirement
        return list(found.values()), list(unknown.values())

    def _is_own(self, use: Use, top: str) -> bool:
        if top in sys.stdlib_module_names or top == RUNTIME:
            return True
        return self.project.graph.resolve(use.path, 0, use.what) is not None or (
            self.project.graph.resolve(use.path, 0, top) is not None
        )

    def _optional(self, path: PurePosixPath) -> frozenset[int]:
        """The lines whose imports may fail."""
        tree = parse(self.project.read(path))
        lines = _guarded(tree) if tree else ()
        return frozenset(self.project.original_line(path, line) for line in lines)

    def _langchain(self) -> dict[str, str]:
        """LangChain below 1.0 where the code imports what that had."""
        modules = {
            part
            for path in self.case.code
            for part in _from_langchain(parse(self.project.read(path)))
        }
        old = modules - LANGCHAIN_1
        if not old:
            return {}
        moved = modules & MOVED or any(module[:1].isupper() for module in modules)
        return {"langchain": "langchain<1"} | (
            {"langchain-community": "langchain-community"} if moved else {}
        )

    def _check(self, lines: Sequence[str]) -> None:
        stated = stated_python(self.project, self.root)
        python = stated[0] if stated else DEFAULT
        try:
            resolve(lines, python=python)
        except ResolveError as error:
            self._note("warning", None, f"does not resolve for Python {python}; {error}")

    def _note(self, kind: Kind, line: int | None, message: str) -> None:
        self.project.note(Note(self.rule, kind, str(self.path), line, message))


def _in_comments(unknown: Sequence[Use]) -> list[str]:
    return [f"# not known: the package of `import {use.what}`" for use in unknown]


def _guarded(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Try) and any("Error" in ast.dump(h) for h in node.handlers):
            for inner in (n for statement in node.body for n in ast.walk(statement)):
                if isinstance(inner, (ast.Import, ast.ImportFrom)):
                    yield inner.lineno


def _from_langchain(tree: ast.Module | None) -> Iterator[str]:
    """The modules of `langchain` that a file imports; "" for what `langchain` itself had."""
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            top, _, rest = node.module.partition(".")
            if top == "langchain":
                yield rest.partition(".")[0] or node.names[0].name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("langchain."):
                    yield alias.name.split(".")[1]
