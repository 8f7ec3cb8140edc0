"""The app that is measured: its command, its Python, its folder, and the environment it gets."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tools.profile.program import PROGRAM
from tools.profile.running import PYTHON, python_of
from vectorstore.commandline import CommandError

_PORT = re.compile(r"\$(PORT\b|\{PORT(:?-[^}]*)?\})")
# Caches of downloaded models, below the home folder.
_CACHES = (".cache/huggingface/hub", ".cache/torch/sentence_transformers", ".cache/chroma")
_DATA = re.compile(r".*(MODEL|STORE|INDEX|EMBED|CHROMA|FAISS|HF_HOME|TRANSFORMERS).*")
_KEYS = ("LLM_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY")
# Of providers whose calls cost money; a key of a vector store is left, an app may not start without.
_PROVIDERS = re.compile(
    "(ANTHROPIC|AZURE_OPENAI|CEREBRAS|CO|COHERE|DEEPSEEK|FIREWORKS|GEMINI|GOOGLE|GROQ"
    "|HUGGINGFACE|HUGGINGFACEHUB|MISTRAL|NVIDIA|PERPLEXITY|PPLX|REPLICATE|TOGETHER|XAI)_API_(KEY|TOKEN)"
)
_BASES = ("LLM_BASE_URL", "OPENAI_BASE_URL", "OPENAI_API_BASE")


@dataclass(frozen=True)
class Subject:
    """What to run, where: `given` are the words of the caller, `command` those that are run.

    `environment` is the caller's; `python` that of the app, where known.
    """

    given: tuple[str, ...]
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    python: Path | None
    extra: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, command: Sequence[str], folder: Path, python: Path | None = None) -> Subject:
        """With `python`, programs of its environment are found first. Raises CommandError."""
        if not command:
            raise CommandError(
                "no command to measure. Give it behind two dashes, e.g."
                f" `{PROGRAM} run -- uvicorn app:app`."
            )
        if not folder.is_dir():
            raise CommandError(f"{folder}: is no folder to run in. Choose another with --cwd.")
        environment = dict(os.environ)
        words = list(command)
        if python is not None:
            # Not resolved: the link in an environment is what leads to its packages.
            python = python.absolute()
            if not os.access(python, os.X_OK) or python.is_dir():
                raise CommandError(
                    f"{python}: is no Python. Name that of the app's environment with --python."
                )
            path = environment.get("PATH", os.defpath)
            environment["PATH"] = f"{python.parent}{os.pathsep}{path}"
            if PYTHON.fullmatch(words[0]):
                words[0] = str(python)
        found = shutil.which(words[0], path=environment.get("PATH"))
        if found and os.sep not in words[0]:
            words[0] = found
        return cls(
            tuple(command),
            tuple(words),
            folder.absolute(),
            environment,
            python or _python_of(words[0]),
        )

    def with_variables(self, extra: Mapping[str, str]) -> Subject:
        """The same with more environment variables, which come last and so win."""
        return replace(self, extra={**self.extra, **extra})

    def run_by(self, pids: Iterable[int]) -> Subject:
        """The same with the Python of its processes, where its command does not tell it."""
        path = self.environment.get("PATH", os.defpath)
        return self if self.python else replace(self, python=python_of(pids, path))

    def started_at(self, port: int) -> list[str]:
        """The command with `$PORT` filled in, as the shell of a host would."""
        return [_PORT.sub(str(port), word) for word in self.command]

    def variables(self, port: int, upstream: str | None) -> dict[str, str]:
        """PORT, and a model API on this machine in place of the real ones: no real key leaves."""
        local = {}
        if upstream is not None:
            theirs = [name for name in self.environment if _PROVIDERS.fullmatch(name)]
            local = dict.fromkeys(_BASES, upstream) | dict.fromkeys((*_KEYS, *theirs), "sk-local")
        return {**self.environment, **local, "PORT": str(port), **self.extra}

    def data_folders(self) -> list[Path]:
        """Where its model and its store may be: below the folder, named by variables, or in caches."""
        caches = [Path.home() / cache for cache in _CACHES]
        named = [self.folder / v for k, v in self.environment.items() if _DATA.fullmatch(k) and v]
        folders = [path for path in (*named, *caches) if path.is_dir()]
        return [self.folder, *_outside(self.folder, folders)]

    def site_packages(self) -> list[Path]:
        """The package folders of its Python."""
        if self.python is None:
            return []
        code = "import sysconfig; print(*{sysconfig.get_path(p) for p in ('purelib', 'platlib')}, sep='\\n')"
        done = subprocess.run(
            [str(self.python), "-c", code], capture_output=True, text=True, check=False
        )
        return [Path(line) for line in done.stdout.splitlines()]

    def cold(self, data: Iterable[Path]) -> tuple[Path, ...]:
        """What a host would not have in its page cache after a deploy."""
        return (self.folder, *_outside(self.folder, [*self.site_packages(), *data]))

    def manifest(self) -> str | None:
        """The name of the file that names its packages."""
        names = ("requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "environment.yml")
        return next((name for name in names if (self.folder / name).is_file()), None)


def _outside(folder: Path, paths: Sequence[Path]) -> Iterator[Path]:
    for path in dict.fromkeys(paths):
        if path.exists() and not path.resolve().is_relative_to(folder):
            yield path


def _python_of(program: str) -> Path | None:
    """The Python that runs a command: itself, or the one in a script's first line.

    A script by the name of a Python, such as a shim of pyenv, is none.
    """
    try:
        with Path(program).open("rb") as file:
            first = file.readline(512).decode("utf-8", "replace")
    except OSError:
        return None
    if PYTHON.fullmatch(Path(program).name) and not first.startswith("#!"):
        return Path(program).absolute()
    interpreter = Path(first.removeprefix("#!").strip())
    is_python = first.startswith("#!/") and PYTHON.fullmatch(interpreter.name)
    return interpreter if is_python else None
