"""Load a model, a store or a client once, where the code does it again for each visitor.

The converted embedder and `load_local` may be called for each request: the runtime loads the model
once, and opens a store again only when its files change. Such calls are kept in place and listed.
A function that takes nothing and builds an embedder or a store from constants gets
`st.cache_resource` in a Streamlit script, and `lru_cache` elsewhere if what it loads is not shared
by the runtime; a store is left to the runtime where the repository writes one. Other loads and
clients that are made for each request, message, chat or run of the script are reported.

    +@st.cache_resource(show_spinner=False)
     def load_embeddings():
         return OnnxEmbeddings("models/all-MiniLM-L6-v2")
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.handlers.frameworks import RERUN, VISITOR, Handler
from tools.migrate.handlers.repeated import Repeated
from tools.migrate.lifetime import Place, places
from tools.migrate.loading.builders import is_builder
from tools.migrate.loading.keeping import keep, python_keeper, streamlit_keeper
from tools.migrate.loading.loads import CLIENT, WORDS, Load, load_of
from tools.migrate.parsed import imported_names, parse, qualified
from tools.migrate.project import Project
from tools.migrate.result import Kind, Note
from tools.migrate.settings import Settings
from tools.migrate.syntax.file import PythonFile, open_file

ID = "loading"
# What changes a store, or the retriever that was made of it.
WRITES = re.compile(
    rb"save_local|add_(documents|texts|embeddings)|index\.(add|remove|reset)|merge_from|\.delete\("
    rb"|\.search_(kwargs|type)\b"
)


@dataclass(frozen=True, slots=True)
class Repeat:
    """A load that is done again and again, and what begins it."""

    place: Place
    load: Load
    handler: Handler

    @property
    def function(self) -> ast.AST | None:
        return next((node for node in self.place.around if isinstance(node, Function)), None)


def apply(project: Project, settings: Settings) -> None:
    functions: defaultdict[tuple[PurePosixPath, ast.AST | None], list[Repeat]] = defaultdict(list)
    for repeat in _repeats(project):
        functions[repeat.place.path, repeat.function].append(repeat)
    files: dict[PurePosixPath, PythonFile] = {}
    for (path, function), repeats in functions.items():
        if not _keep(project, files, path, function, [repeat.load for repeat in repeats]):
            for repeat in repeats:
                _report(project, repeat)
    for file in files.values():  # at the end: the notes name lines of the files as they are
        file.save()


def _repeats(project: Project) -> Iterator[Repeat]:
    loads = [found for path in sorted(project.served()) for found in _loads(project, path)]
    repeated = Repeated(project) if loads else None
    for place, load in loads:
        handler = repeated.at(place) if repeated else None
        if handler is not None:
            yield Repeat(place, load, handler)


def _loads(project: Project, path: PurePosixPath) -> Iterator[tuple[Place, Load]]:
    data = project.read(path)
    tree = parse(data) if any(word in data for word in WORDS) else None
    names = imported_names(tree) if tree else {}
    for place in places(project, path) if tree else ():
        load = load_of(qualified(getattr(place.node, "func", place.node), names) or "")
        if load is not None:
            yield place, load


def _keep(
    project: Project,
    files: dict[PurePosixPath, PythonFile],
    path: PurePosixPath,
    function: ast.AST | None,
    loads: list[Load],
) -> bool:
    """Decorate a function that may be called once for all, and would not be otherwise."""
    tree = parse(project.read(path))
    if not isinstance(function, ast.FunctionDef) or not tree or not is_builder(tree, function):
        return False
    file = files.get(path) or open_file(project, path, ID)
    if file is None or (any(load.stored for load in loads) and _writes_stores(project)):
        return False
    keeper = streamlit_keeper(file, function)
    if keeper is None and not all(load.shared for load in loads):
        keeper = python_keeper(file)
    if keeper is None:
        return False
    files[path] = file
    keep(file, function, keeper)
    what = " and ".join(dict.fromkeys(load.what for load in loads))
    file.note("changed", function.lineno, f"{function.name} loads {what} once for all")
    return True


def _writes_stores(project: Project) -> bool:
    """Whether some code here can change a store, which a kept one would not show."""
    paths = (*project.python(), *project.notebooks())
    return any(WRITES.search(project.read(path)) for path in paths)


def _report(project: Project, repeat: Repeat) -> None:
    line = project.original_line(repeat.place.path, getattr(repeat.place.node, "lineno", 1))
    kind: Kind = "kept" if repeat.load.shared else "warning"
    message = _message(
        repeat.load, _begun(project, repeat), repeat.handler.when in (RERUN, VISITOR)
    )
    project.note(Note(ID, kind, str(repeat.place.path), line, message))


def _message(load: Load, begun: str, in_streamlit: bool) -> str:
    if load.shared:
        again = ", and again when its files change" if load.stored else ""
        return f"{load.what} is opened {begun}: kept in place, the runtime loads it once{again}"
    place = "in a function of its own under functools.lru_cache"
    if in_streamlit:
        place = "in a function of its own under @st.cache_resource"
    if load is CLIENT:
        return f"{load.what} is made {begun}: if its key is everybody's, make it once, {place}"
    alone = ", and let one visitor use it at a time" if load.alone else ""
    return f"{load.what} is loaded {begun}: load it once, {place}{alone}"


def _begun(project: Project, repeat: Repeat) -> str:
    handler = repeat.handler
    line = project.original_line(handler.path, handler.line)
    where = f"{handler.name}, {handler.path}:{line}" if handler.name else str(handler.path)
    return f"{handler.when} ({where})"
