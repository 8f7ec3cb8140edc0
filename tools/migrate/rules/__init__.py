"""The rules: a module each, named in `tools.migrate.registry`."""

from __future__ import annotations
