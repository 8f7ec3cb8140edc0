"""A folder of small wheels, for uv to resolve from."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

OPTIONS = "--no-index\n--find-links {}\n"


def put_wheel(
    folder: Path, name: str, version: str, needs: Iterable[str] = (), tag: str = "py3-none-any"
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
        wheel.writestr(f"{info}/METADATA", metadata(name, version, needs))
        wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
        wheel.writestr(f"{info}/RECORD", "")


def put_source(folder: Path, name: str, version: str) -> None:
    """A source distribution whose metadata says all: nothing is built to resolve it."""
    project = f'[project]\nname = "{name}"\nversion = "{version}"\n'
    contents = {"PKG-INFO": metadata(name, version, (), of="2.2"), "pyproject.toml": project}
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / f"{name}-{version}.tar.gz", "w:gz") as archive:
        for file, content in contents.items():
            member = tarfile.TarInfo(f"{name}-{version}/{file}")
            member.size = len(content)
            archive.addfile(member, BytesIO(content.encode()))


def metadata(name: str, version: str, needs: Iterable[str], of: str = "2.1") -> str:
    lines = [f"Metadata-Version: {of}", f"Name: {name}", f"Version: {version}"]
    return "\n".join([*lines, *(f"Requires-Dist: {need}" for need in needs)]) + "\n"
