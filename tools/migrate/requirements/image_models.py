"""`RUN python -c "…"` that loads a model of torch while the image is built."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.launch.containers import instructions
from tools.migrate.launch.shell import Word, commands
from tools.migrate.parsed import parse
from tools.migrate.requirements.distributions import is_stack
from tools.migrate.requirements.files import requirement_files
from tools.migrate.requirements.formats.commands import PYTHON
from tools.migrate.requirements.images import dockerfiles
from tools.migrate.requirements.uses import in_tree

if TYPE_CHECKING:
    from tools.migrate.project import Project


def loaded_while_building(project: Project) -> Iterator[tuple[PurePosixPath, int, str]]:
    """(Dockerfile, line, what to do), where what is imported is not installed any more."""
    listed = {name for file in requirement_files(project).values() for name in file.names}
    for path, text in dockerfiles(project):
        for instruction in instructions(text):
            if instruction.name != "RUN":
                continue
            for words in commands(text, instruction.start, instruction.end):
                gone = [package for package in _stack(words) if package not in listed]
                if gone:
                    line = project.original_line(path, text.count("\n", 0, words[0].start) + 1)
                    yield path, line, f"the build fails here: {gone[0]} is not installed any more; take this line out"  # fmt: skip


def _stack(words: list[Word]) -> Iterator[str]:
    """The packages of torch's that the code of `python -c` imports."""
    for index, word in enumerate(words[:-2]):
        if PYTHON.fullmatch(word.program) and words[index + 1].value == "-c":
            tree = parse(words[index + 2].value.replace("\\\n", "").strip().encode())
            for _, _, package, needs_torch in in_tree(tree) if tree else ():
                if needs_torch or is_stack(package):
                    yield package
