from __future__ import annotations

from pathlib import Path

from deploy import preflight
from deploy.preflight.registry import CHECKS

HELPERS = {"__init__", "context", "pins", "registry"}


def test_every_check_is_registered_and_has_its_test():
    modules = {file.stem for file in Path(preflight.__file__).parent.glob("*.py")} - HELPERS
    registered = {check.__name__.rpartition(".")[2] for check in CHECKS}
    tests = {file.stem.removeprefix("test_") for file in Path(__file__).parent.glob("test_*.py")}
    assert modules == registered == tests - {"registry"}
