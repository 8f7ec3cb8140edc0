"""Text files written whole or not at all: whoever reads one never sees half of it."""

from __future__ import annotations

import os
from pathlib import Path

from vectorstore.commandline import CommandError


def write_text(file: Path, text: str) -> None:
    """Replace the file, in UTF-8; folders that are missing are made. Raises CommandError."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_text(text, "utf-8")
            os.replace(temporary, file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(
            f"{file}: cannot be written: {error.strerror or error}. Choose another place."
        ) from error


def check_writable(file: Path) -> None:
    """Make its folder and try it, before the work whose result it is for. Raises CommandError."""
    if file.is_dir():
        raise CommandError(f"{file}: is a folder. Choose another place.")
    probe = file.with_name(f".{file.name}.{os.getpid()}.probe")
    try:
        write_text(probe, "")
    except CommandError as error:
        raise CommandError(str(error).replace(str(probe), str(file))) from error
    probe.unlink()
