"""How a repository starts its app: command lines, environment variables and calls of a server."""

from __future__ import annotations
