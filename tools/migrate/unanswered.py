"""Tells which calls fail where no handler of the app can answer: streams, sockets and threads."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from tools.migrate.flows import Function
from tools.migrate.lifetime import Place, places
from tools.migrate.parsed import dotted
from tools.migrate.project import Project

STREAMED = (
    "it breaks off a streamed answer, whose status is sent already. Put a try into the generator"
    " that yields a sentence, and log the error"
)
SOCKET = (
    "what serves a socket has no answer to give. Put a try around it that sends a sentence,"
    " and log the error"
)
APART = (
    "it ends the thread or task that runs apart from the request. Put a try around it that hands"
    " on a sentence, and log the error"
)
STREAMS = frozenset({"stream", "astream"})
RESPONSE = re.compile(r"(?:Response|response_class|stream_with_context|stream_template)$")
SOCKETS = re.compile(
    r"(?:socket|sio|\bio\b).*\.(?:on|event)$|\.websocket$|\bwebsocket_route$", re.I
)
TASKS = frozenset({"task", "shared_task"})
STARTED = frozenset(
    {"Thread", "Process", "Timer", "start_background_task", "start_new_thread", "add_task"}
)
TAKING = frozenset({"join", "list", "tuple"})
MANAGERS = frozenset({"contextmanager", "asynccontextmanager"})
LONGEST = 100  # functions of which each calls the next


class Unanswered:
    """What is known of the functions in some files."""

    def __init__(self, project: Project, paths: Iterable[PurePosixPath]) -> None:
        self._callers: dict[str, list[Place]] = {}
        self._started: set[str] = set()
        self._reasons: dict[str, str] = {}
        self._asked: list[str] = []
        for path in paths:
            for place in places(project, path):
                if isinstance(place.node, ast.Call):
                    self._callers.setdefault(_last(place.node.func), []).append(place)
                    self._started.update(_started(place.node))

    def why(self, place: Place) -> str:
        """Why no handler of the app answers an error of this call; "" where one does."""
        functions = [node for node in place.around if isinstance(node, Function)]
        if is_streamed(place) and not self._is_used_up(functions):
            return STREAMED
        for function in functions:
            if why := self._of(function):
                return why
        return self._of_callers(functions[-1].name) if functions else ""

    def _of_callers(self, name: str) -> str:
        """What holds for all callers of the function; "" as well for one that is being asked."""
        if name in self._asked or len(self._asked) == LONGEST:
            return ""
        if name not in self._reasons:
            self._asked.append(name)
            self._reasons[name] = self._of_each(self._callers.get(name, []))
            self._asked.pop()
        return self._reasons[name]

    def _of_each(self, callers: Iterable[Place]) -> str:
        first = ""
        for caller in filter(_in_function, callers):
            why = self.why(caller)
            if not why:
                return ""
            first = first or why
        return first

    def _is_used_up(self, functions: list[Function]) -> bool:
        """Whether what calls the innermost one takes all that it yields, before it answers."""
        calling = self._callers.get(functions[0].name, []) if functions else []
        return bool(calling) and all(
            isinstance(caller.around[0], ast.For | ast.AsyncFor)
            or (isinstance(caller.around[0], ast.Call) and _last(caller.around[0].func) in TAKING)
            for caller in calling
        )

    def _of(self, function: Function) -> str:
        decorators = [_decorator(node) for node in function.decorator_list]
        if any(SOCKETS.search(name) for name in decorators):
            return SOCKET
        apart = any(name.rpartition(".")[2] in TASKS for name in decorators)
        return APART if apart or function.name in self._started else ""


def is_streamed(place: Place) -> bool:
    """Whether the call, or what it gives, runs only when the answer has begun."""
    function = next((node for node in place.around if isinstance(node, Function)), None)
    if function is not None and _is_generator(function):
        return True
    if not isinstance(place.node, ast.Call) or _last(place.node.func) not in STREAMS:
        return False
    return is_handed_to_response(place) or isinstance(place.around[0], ast.Return)


def is_handed_to_response(place: Place) -> bool:
    """Whether it stands among the arguments of a response."""
    for node in place.around:
        if isinstance(node, ast.stmt):
            return False
        if isinstance(node, ast.Call) and RESPONSE.search(_last(node.func)):
            return True
    return False


def _is_generator(function: Function) -> bool:
    if any(_decorator(node).rpartition(".")[2] in MANAGERS for node in function.decorator_list):
        return False
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own(function))


def _own(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function without those of the functions in it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.Lambda | ast.ClassDef):
            waiting.extend(ast.iter_child_nodes(node))


def _started(call: ast.Call) -> Iterator[str]:
    """The functions that a call starts apart from the request."""
    if _last(call.func) in STARTED:
        given = [
            *call.args[:2],
            *(k.value for k in call.keywords if k.arg in ("target", "function")),
        ]
        yield from (name for value in given if (name := _last(value)))


def _in_function(place: Place) -> bool:
    return any(isinstance(node, Function) for node in place.around)


def _decorator(node: ast.expr) -> str:
    return dotted(node.func if isinstance(node, ast.Call) else node) or ""


def _last(node: ast.AST) -> str:
    """The last name of a chain, whatever stands before it."""
    return node.attr if isinstance(node, ast.Attribute) else dotted(node) or ""
