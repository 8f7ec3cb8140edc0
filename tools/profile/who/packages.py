"""Which package a file or a module belongs to, by its path or name alone."""

from __future__ import annotations

import re
import sys
from pathlib import PurePosixPath

STANDARD_LIBRARY = "standard library"
_INSTALLED = re.compile(r"/(?:site|dist)-packages/([^/]+)")
_STANDARD = re.compile(
    r"/lib/(?:python|pypy)\d(?:\.\d+)?/|/lib/libpython\d|/bin/python\d?(?:\.\d+)?$"
)


def package_of(path: str, app: str | None = None) -> str | None:
    """The package that a file belongs to; None for one of none.

    Below site-packages that is the top folder or module ("numpy.libs" belongs to numpy); below the
    folder `app` it is the top folder or module there; else it is the standard library or nothing.
    """
    installed = _INSTALLED.search(path)
    if installed:
        return _top(installed[1])
    if _STANDARD.search(path) or path.startswith("<frozen "):
        return STANDARD_LIBRARY
    if app and path.startswith(app.rstrip("/") + "/"):
        return _top(PurePosixPath(path).relative_to(app).parts[0])
    return None


def top_level(module: str) -> str:
    """The package of a module's dotted name."""
    name = module.partition(".")[0]
    if name.startswith("_sysconfigdata_"):  # each platform has its own, which no list names
        return STANDARD_LIBRARY
    # The names of our own Python: what other versions have more or less is loaded by few.
    return STANDARD_LIBRARY if name in sys.stdlib_module_names and name != "__main__" else name


def _top(part: str) -> str:
    name = part.partition(".")[0] if part.endswith((".py", ".so", ".pyd", ".pyc")) else part
    return name.removesuffix(".libs")
