"""Whether the files of a store are those that its manifest was written for."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from vectorstore.base import StoreError
from vectorstore.commandline import Exit
from vectorstore.manifest import AGAIN, DataFile, IndexFile, Manifest

# Reading a file of a million vectors takes a cold start longer than all the rest.
READ_WHOLE_UP_TO = 64 << 20
SAMPLES, SAMPLE_BYTES = 64, 4096


def sha256(path: Path) -> str:
    """The hex digest of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sampled_sha256(path: Path) -> str:
    """The digest of a file's length and of 64 blocks spread over it, its first and last included."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        digest = hashlib.sha256(str(size).encode())
        last = max(0, size - SAMPLE_BYTES)
        for number in range(SAMPLES):
            file.seek(last * number // (SAMPLES - 1))
            digest.update(file.read(SAMPLE_BYTES))
    return digest.hexdigest()


def verify(folder: Path, manifest: Manifest, *, whole: bool = True) -> None:
    """Raise StoreError, naming the file, where one is missing or is not the one written.

    Without `whole`, of files beyond 64 MiB only the length and 64 blocks are compared.
    """
    for part in manifest.files:
        path = folder / part.file
        try:
            found, expected = _digests(path, part, whole)
        except OSError as error:
            raise StoreError(
                f"the store {folder} is incomplete: {part.file} cannot be read"
                f" ({error.strerror}). {AGAIN}",
                Exit.ERROR,
            ) from error
        if found != expected:
            raise StoreError(
                f"the store {folder} is damaged: {part.file} has sha256 {found[:12]}…, its manifest"
                f" says {expected[:12]}…. {AGAIN}"
            )


def _digests(path: Path, part: IndexFile | DataFile, whole: bool) -> tuple[str, str]:
    if part.sampled is None or whole or path.stat().st_size <= READ_WHOLE_UP_TO:
        return sha256(path), part.sha256
    return sampled_sha256(path), part.sampled
