"""The value that an expression will have, followed through the files of a repository."""

from __future__ import annotations
