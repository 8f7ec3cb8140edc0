"""Files that a person gives."""

from __future__ import annotations

from pathlib import Path

from vectorstore.commandline import CommandError


def read_text(file: Path) -> str:
    """Its text, in UTF-8 with or without a byte order mark. Raises CommandError."""
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file}: is no text in UTF-8. Save it as such.") from error
    except OSError as error:
        raise CommandError(f"{file}: cannot be read: {error.strerror}.") from error
