"""Delete imports of torch that nothing needs any more.

Where no code that runs together needs torch, an unused import goes, and what only prepared torch
or asked it for a GPU: it would fail as soon as torch is not installed. What the answer was for
must end in a comparison, in output, or in a name that nothing uses. Any other use of torch keeps
all of the file's imports.

     import os
    -import torch

    -torch.classes.__path__ = []
    -device = "cuda" if torch.cuda.is_available() else "cpu"
    +device = "cpu"
     print(f"Using {device}")
"""

from __future__ import annotations

from pathlib import PurePosixPath

import libcst as cst

from tools.migrate.project import Project
from tools.migrate.requirements.together import handed_on, needing_torch, together
from tools.migrate.requirements.torch_code import TorchCode
from tools.migrate.requirements.torch_values import Flow
from tools.migrate.settings import Settings
from tools.migrate.syntax.calls import drop_items
from tools.migrate.syntax.edits import Span
from tools.migrate.syntax.file import EditError, PythonFile, open_file
from tools.migrate.syntax.imports import Imported, imported
from tools.migrate.syntax.statements import delete_statement
from tools.migrate.torch_users import TORCH_MODULES

ID = "torch_imports"
DYNAMIC = (b"import_module", b"__import__")
PACKAGES = TORCH_MODULES - {"langchain_huggingface"}  # some of its classes need no torch
Files = dict[PurePosixPath, PythonFile]


def apply(project: Project, settings: Settings) -> None:
    files = _files(project)
    if not files:
        return
    found = {path: _torch_code(project, files, path) for path in files}
    free = {path for path, code in found.items() if not code.left and not _taken(project, code)}
    blocked = needing_torch(project, free)
    for path, code in found.items():
        around = blocked & together(project, path)
        if path in free and not around:
            _cut(code)
        elif code.left and around == {path}:
            use = code.left[0]
            what = code.names.qualified(use).partition(".")[0] or "torch"
            code.file.note("kept", use, f"{what} stays imported, for: {_line_of(code.file, use)}")


def _files(project: Project) -> Files:
    """The files that import torch or what needs it."""
    found = {}
    for path in project.python():
        data = project.read(path)
        if any(module.encode() in data for module in PACKAGES):
            file = open_file(project, path, ID)
            if file is not None and any(map(_of_torch, imported(file))):
                found[path] = file
    return found


def _of_torch(name: Imported) -> bool:
    return (name.origin or "").partition(".")[0] in PACKAGES


def _torch_code(project: Project, files: Files, path: PurePosixPath) -> TorchCode:
    file = files[path]
    flow = Flow(project, together(project, path))
    return TorchCode(file, [name for name in imported(file) if _of_torch(name)], flow)


def _taken(project: Project, code: TorchCode) -> bool:
    """Whether another file takes torch from this one, or it is imported by a call as well."""
    path = code.file.path
    dynamic = any(word in project.read(path) for word in DYNAMIC)
    return dynamic or handed_on(project, path, [name.name for name in code.table])


def _cut(code: TorchCode) -> None:
    file = code.file
    for span, (text, node) in code.cuts.made.items():
        file.edits.replace(span, text)
        first, _, rest = file.source(node).partition("\n")
        was = f"{first.rstrip()} …" if rest else first
        became = f" is now {text.strip()}" if text.strip() else " removed"
        file.note("changed", node, f"{was}{became}: nothing runs in torch")
    for statement in dict.fromkeys(name.statement for name in code.table):
        if code.cuts.holds(statement):
            continue
        aliases = [name for name in imported(file) if name.statement is statement]
        going = [name for name in code.table if name.statement is statement]
        file.note("changed", statement, f"{file.source(statement)} removed: nothing here uses it")
        if len(going) == len(aliases):
            delete_statement(file, statement)
        else:
            drop_items(
                file,
                [name.alias for name in aliases if name.alias],
                [name.alias for name in going if name.alias],
            )
    try:
        file.save()
    except EditError as error:
        file.note("skipped", None, str(error))


def _line_of(file: PythonFile, node: cst.CSTNode) -> str:
    start = file.span(node).start
    return file.slice(Span(file.line_start(start), file.line_end(start))).strip()
