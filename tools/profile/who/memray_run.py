"""A run of the command under memray: the environment that starts it, and the files that it leaves."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.limits.units import MIB
from tools.profile.who.inject import Injected, injected

# What memray loads, when it is imported and when it begins, beside the standard library.
_PACKAGES = ("memray", "memray.libs", "rich", "pygments", "markdown_it", "mdurl")
_NEEDED = (*_PACKAGES, "typing_extensions.py")
# Of its file, when that is full: it is mapped in parts of that size.
_GROWS_BY, _GROWS_BY_BYTES = 0.1, 16 * MIB
_HOOK = Path(__file__).with_name("memray_hook.py")


class NotTracked(Exception):
    """No allocations could be recorded; says why."""


@contextmanager
def tracked(environment: Mapping[str, str]) -> Iterator[Injected]:
    """Have memray track what gets the variables on top of `environment`. Raises NotTracked."""
    spec = importlib.util.find_spec("memray")
    if spec is None or not spec.origin:
        raise NotTracked(f"{sys.executable} has no memray to read allocations with")
    installed = Path(spec.origin).parents[1]
    with injected(_HOOK, environment) as run:
        ours = run.out.with_name("memray")
        ours.mkdir()
        for name in _NEEDED:
            (ours / name).symlink_to(installed / name)
        tag = f"{sys.implementation.cache_tag} {sys.platform}"
        more = {"FIT512_MEMRAY": str(ours), "FIT512_MEMRAY_TAG": tag}
        yield Injected({**run.variables, **more}, run.out)


def recorded(folder: Path) -> list[Path]:
    """The files with allocations, one for each process. Raises NotTracked."""
    files = sorted(file for file in folder.glob("*.bin*") if file.stat().st_size)
    if files:
        _check_whole(files)
        return files
    reasons = sorted({file.read_text("utf-8") for file in folder.glob("*.why")})
    raise NotTracked("; ".join(reasons) or "the command started no Python that reads PYTHONPATH")


def _check_whole(files: Sequence[Path]) -> None:
    """A process that is killed writes no end either: a full disk is all that tells of half a file."""
    folder = files[0].parent
    step = _GROWS_BY * max(file.stat().st_size for file in files) + _GROWS_BY_BYTES
    free = shutil.disk_usage(folder).free
    if free < step:
        raise NotTracked(
            f"{folder.parent.parent}: {free / MIB:.0f} MiB are left where memray writes, too few to"
            " tell whether it could write all; set TMPDIR to a folder with more"
        )


def write_flame_graph(records: Path, page: Path) -> None:
    """Draw what was allocated at the high-water mark. Raises NotTracked."""
    page.parent.mkdir(parents=True, exist_ok=True)
    part = page.with_name(f".{page.name}.part")
    command = [sys.executable, "-m", "memray", "flamegraph", "--force", "-o", str(part)]
    try:
        done = subprocess.run([*command, str(records)], capture_output=True, text=True)
        if done.returncode:
            raise NotTracked(f"memray drew none: {done.stderr.strip().splitlines()[-1:]}")
        os.replace(part, page)
    finally:
        part.unlink(missing_ok=True)
