"""`python -m tools.migrate.export MODEL`: the same as `python -m tools.migrate export MODEL`."""

from __future__ import annotations

import sys

from tools.migrate.export.cli import main
from vectorstore.commandline import run

sys.exit(run("migrate export", main))
