"""Programs whose memory is known, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

MIB = 1024 * 1024
HELD = "held = b'x' * ({mib} * 1024 * 1024)\n"


def write(folder: Path, files: dict[str, str]) -> Path:
    """Write the files, by their paths below `folder`."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder
