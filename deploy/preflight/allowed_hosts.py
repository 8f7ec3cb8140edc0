"""Django's ALLOWED_HOSTS: who asks by a name that is not in it gets a 400, health checks too.

https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from deploy.domains import DOMAINS, RAILWAY_CHECK
from deploy.finding.django import settings_file
from deploy.preflight.context import Context
from deploy.problem import Problem, error, warning
from deploy.python_nodes import nodes_of

NAME = "ALLOWED_HOSTS"
LOCAL = {"localhost", "127.0.0.1", "0.0.0.0", "[::1]", "::1"}
PLAYED = ("render", "heroku", "railway")  # what `deploy plan` speaks of


def check(context: Context) -> Iterator[Problem]:
    if context.plan.framework.value != "django":
        return
    found = settings_file(context.repository, context.plan.environment.value)
    listed = _listed(found[1]) if found else None
    if found is None or listed is None:
        return
    line, names = listed
    missing = [name for name in _asked_by(context) if not _allows(names, name)]
    if missing:
        # A list with a name in it may be of a domain that the person owns.
        tell = warning if names - LOCAL else error
        message = f"{NAME} has no {', '.join(map(repr, missing))}: who asks by that name gets a 400"
        yield tell("allowed_hosts", f"{found[0]}:{line}", f"{message}. Add it")


def _asked_by(context: Context) -> list[str]:
    platforms = [context.platform] if context.platform in DOMAINS else []
    platforms = list(PLAYED) if context.platform == "the plan" else platforms
    checked = "railway" in platforms and context.plan.health.value is not None
    return [*(DOMAINS[name] for name in platforms), *([RAILWAY_CHECK] if checked else [])]


def _allows(names: set[str], asked: str) -> bool:
    """Whether the list has the name, one below the domain, or a domain above it."""
    above = asked[asked.index(".") :]
    return any(n == "*" or n.endswith(asked) or (n[:1] == "." and above.endswith(n)) for n in names)


def _listed(text: str) -> tuple[int, set[str]] | None:
    """(line, all names); None where the code reckons them, or there is no such list."""
    nodes = nodes_of(text)
    used = [n for n in nodes if isinstance(n, ast.Name) and n.id == NAME]
    said = [_literal(n) for n in nodes if isinstance(n, ast.Assign | ast.AnnAssign) and _is_of(n)]
    names = [name for name in said if name is not None]
    if not names or len(names) != len(used):  # += or append, or a list from the environment
        return None
    return used[-1].lineno, set().union(*names)


def _is_of(node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [getattr(target, "id", None) for target in targets] == [NAME]


def _literal(node: ast.Assign | ast.AnnAssign) -> set[str] | None:
    try:
        return set(map(str, ast.literal_eval(node.value or ast.Constant(None))))
    except (ValueError, TypeError):
        return None
