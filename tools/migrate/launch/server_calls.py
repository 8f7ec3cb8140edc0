"""One worker, no reloading and no debugger where Python code starts its server itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst
from libcst.helpers import get_full_name_for_node

from tools.migrate.launch.count import SET_BY_HOSTS
from tools.migrate.project import Project
from tools.migrate.syntax.calls import keyword, outer_span, positional
from tools.migrate.syntax.exports import LOCAL
from tools.migrate.syntax.file import PythonFile, open_file, open_files
from tools.migrate.syntax.names import origins_of, references
from tools.migrate.syntax.values import GETENV, Known, assigned_value, evaluate

UVICORN = dict.fromkeys(
    ("uvicorn.run", "uvicorn.Config", "uvicorn.main.run", "uvicorn.config.Config")
)
DEBUGGED = frozenset({"flask.Flask", "quart.Quart", "flask_openapi3.OpenAPI", "dash.Dash"})
SOCKETS = "flask_socketio.SocketIO"
MAKERS = tuple(name.rpartition(".")[2].encode() for name in (*DEBUGGED, SOCKETS))
RELOADING = ("debug", "reload", "use_reloader", "use_debugger")
GUNICORN_FILE = re.compile(r"gunicorn[\w.]*\.py|.*gunicorn[_.]conf(ig)?\.py")
APP_NAME = re.compile(r"(?:.*_)?(?:app|application|server|socketio)", re.I)
CPUS = re.compile(r"cpu_count|sched_getaffinity|process_cpu_count")


def apply(project: Project, rule: str) -> frozenset[str]:
    """Edit the code that starts a server; returns the variables that give it its workers."""
    read: set[str] = set()
    for file in open_files(project, rule, ".run(", "uvicorn", "debug", "socketio"):
        uvicorn = references(file, UVICORN) if b"uvicorn" in file.utf8 else ()
        starting = {reference.node for reference in uvicorn}
        for call in list(file.nodes(cst.Call)):
            if call.func in starting:
                _quieten(file, call)
                read |= _workers(file, keyword(call, "workers"))
            elif _runs_flask(file, call):
                _quieten(file, call)
                _third(file, call)
        _debug_attributes(file)
        file.save()
    for path in project.python():
        if GUNICORN_FILE.fullmatch(path.name):
            configuration = open_file(project, path, rule)
            if configuration is not None:
                read |= _configured(configuration)
                configuration.save()
    return frozenset(read)


def _quieten(file: PythonFile, call: cst.Call) -> None:
    for name in RELOADING:
        argument = keyword(call, name)
        if argument is not None:
            _off(file, argument.value, f"{name}={file.source(argument.value)}")


def _off(file: PythonFile, node: cst.BaseExpression, what: str) -> None:
    """Write False where the value is true whatever the environment says."""
    value = evaluate(file, node)
    if not isinstance(value, Known) or value.default_of is not None:
        said = f"{what} is decided elsewhere: see that it is off on the host"
        file.note("kept", node, said)
    elif value.value:
        file.edits.replace(outer_span(file, node), "False")
        file.note("changed", node, f"{what} is off: a reloader is a second process with the model")


def _runs_flask(file: PythonFile, call: cst.Call) -> bool:
    """Whether it is `app.run(…)` of a Flask app, or `socketio.run(app, …)`."""
    if not isinstance(call.func, cst.Attribute) or call.func.attr.value != "run":
        return False
    owner = call.func.value
    name = get_full_name_for_node(owner.func if isinstance(owner, cst.Call) else owner) or ""
    named = APP_NAME.fullmatch(name.rpartition(".")[2]) is not None
    # Before what costs much: most of what runs is a subprocess or an event loop.
    if not named and not any(word in file.utf8 for word in MAKERS):
        return False
    maker = _maker(file, owner)
    if maker - {LOCAL} or origins_of(file, call.func) - {LOCAL}:
        return bool(maker & (DEBUGGED | {SOCKETS}))
    return named and _reaches_flask(file)


def _reaches_flask(file: PythonFile) -> bool:
    reached = file.project.graph.reached(file.path)
    kinds = {entry.kind for entry in file.project.entry_points() if entry.path in reached}
    return not kinds.isdisjoint({"flask", "quart"})


def _maker(file: PythonFile, node: cst.BaseExpression) -> frozenset[str]:
    """What the object was made by, where the file says so."""
    if not isinstance(node, cst.Name):
        return frozenset()
    for assignment in file.scope(node)[node.value]:
        target = getattr(assignment, "node", None)
        value = assigned_value(file, target) if isinstance(target, cst.CSTNode) else None
        if isinstance(value, cst.Call):
            return origins_of(file, value.func)
    return frozenset()


def _third(file: PythonFile, call: cst.Call) -> None:
    """`app.run(host, port, True)`."""
    given = positional(call)
    if len(given) > 2:
        _off(file, given[2].value, f"debug={file.source(given[2].value)}")


def _debug_attributes(file: PythonFile) -> None:
    """`app.debug = True`, which app.run takes for its own."""
    for node in file.nodes(cst.Assign):
        target = node.targets[0].target
        if (
            isinstance(target, cst.Attribute)
            and target.attr.value == "debug"
            and _maker(file, target.value) & DEBUGGED
        ):
            _off(file, node.value, f"{file.source(target)} = {file.source(node.value)}")


# Workers


def _configured(file: PythonFile) -> set[str]:
    """What a gunicorn configuration file assigns at its top level."""
    read: set[str] = set()
    for line in file.module.body:
        for small in line.body if isinstance(line, cst.SimpleStatementLine) else ():
            name = _assigned_name(small)
            value = getattr(small, "value", None)
            if name == "workers" and value is not None:
                read |= _one(file, value)
            elif name == "reload" and value is not None:
                _off(file, value, f"reload = {file.source(value)}")
    return read


def _assigned_name(statement: cst.BaseSmallStatement) -> str | None:
    if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
        return get_full_name_for_node(statement.targets[0].target)
    if isinstance(statement, cst.AnnAssign):
        return get_full_name_for_node(statement.target)
    return None


def _workers(file: PythonFile, argument: cst.Arg | None) -> set[str]:
    return _one(file, argument.value) if argument is not None else set()


def _one(file: PythonFile, node: cst.BaseExpression) -> set[str]:
    """Write one worker; returns the variables that may say otherwise."""
    source, value = file.source(node), evaluate(file, node)
    defaults = list(_defaults(file, node))
    names = {name for name, _ in defaults}
    known = value.value if isinstance(value, Known) and value.default_of is None else None
    if known in (1, None) and isinstance(value, Known) and value.default_of is None:
        return set()
    if isinstance(known, int) or CPUS.search(source) or SET_BY_HOSTS in names:
        file.edits.replace(outer_span(file, node), "1")
        file.note("changed", node, f"one worker in the place of {source}: each would load the app")
    elif len(defaults) == 1:
        _default(file, node, *defaults[0])
        return names
    else:
        message = f"the number of workers, {source}, cannot be told: see that it is 1"
        file.note("skipped", node, message)
    return names


def _defaults(
    file: PythonFile, node: cst.BaseExpression
) -> Iterator[tuple[str, cst.BaseExpression | None]]:
    """(variable, default) of each variable that the expression reads."""
    calls = [call for call in file.nodes(cst.Call) if node in (call, *file.ancestors(call))]
    for call in calls:
        if get_full_name_for_node(call.func) in GETENV and call.args:
            name = evaluate(file, call.args[0].value)
            if isinstance(name, Known) and isinstance(name.value, str):
                yield name.value, call.args[1].value if len(call.args) > 1 else None


def _default(
    file: PythonFile, node: cst.BaseExpression, name: str, default: cst.BaseExpression | None
) -> None:
    """`int(os.getenv("WORKERS", "4"))` keeps its variable."""
    value = evaluate(file, default) if default is not None else Known(None)
    if default is not None and isinstance(value, Known) and str(value.value).isdecimal():
        if int(str(value.value)) != 1:
            text = "1" if isinstance(value.value, int) else '"1"'
            file.edits.replace(outer_span(file, default), text)
            file.note("changed", node, f"one worker where {name} is not set")
    else:
        file.note("kept", node, f"{name} says how many workers there are")
