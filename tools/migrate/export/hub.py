"""A model from a hub that speaks Hugging Face's protocol, fetched by its own library.

The library's settings hold (https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables):
HF_ENDPOINT, HF_TOKEN, HF_HOME, HF_HUB_OFFLINE; its cache is used, so a model that is there is not
fetched again. Only safetensors, ONNX, JSON and text files are fetched, never a pickle.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from tools.migrate.export.folder import read_config
from tools.migrate.export.shape import FAMILIES
from tools.migrate.export.weights import sha256_of
from vectorstore.commandline import CommandError, Exit

PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?"
REFERENCE = re.compile(rf"({PART}/{PART})(?:@([A-Za-z0-9][A-Za-z0-9._/-]*))?")
SNAPSHOT = re.compile(r"models--(?:[^/\\]+?--)?([^/\\]+?)[/\\]snapshots[/\\]([0-9a-f]+)/?$")
WEIGHTS = ("**/model.safetensors", "**/model-?????-of-?????.safetensors")
TEXT = ("*.json", "*.txt")
CONFIG = ("config.json", "0_Transformer/config.json")
DESCRIPTION = (*CONFIG, "modules.json", "config_sentence_transformers.json")
ONNX = ("onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx.data", "model.onnx")
# What other runtimes are given: gigabytes in some repositories.
OTHERS = ("onnx/*.json", "openvino/*", "coreml/*")
RETRIED = (408, 425, 429, 500, 502, 503, 504)
WAITS_S = (1.0, 4.0)


class HubError(CommandError):
    """The hub does not give the model, now or to this person; `reason` is the message without advice."""

    def __init__(self, reason: str, exit_code: Exit = Exit.ERROR, *, advice: str = "") -> None:
        super().__init__(f"{reason} {advice}".rstrip(), exit_code)
        self.reason = reason

    @property
    def fails_for_all(self) -> bool:
        """Whether another model of the hub would not be given either."""
        return self.exit_code is Exit.RETRY


@dataclass(frozen=True)
class HubSource:
    """A repository of a hub, at a branch, tag or commit; `route` says what will be made of it."""

    repository: str
    revision: str | None = None
    route: str = "auto"
    kind: str = "hub"
    weights_sha256: None = None

    @staticmethod
    def parse(text: str, route: str = "auto") -> HubSource | None:
        """`organization/name[@revision]`; None when it is not of this form."""
        match = REFERENCE.fullmatch(text)
        return HubSource(match[1], match[2], route) if match else None

    @property
    def reference(self) -> str:
        return self.repository

    @property
    def name(self) -> str:
        return PurePosixPath(self.repository).name

    @contextmanager
    def open(self) -> Iterator[Path]:
        """The snapshot in the library's cache: a folder `…/snapshots/COMMIT`, which stays."""
        folder = self._fetch(self.revision, TEXT)
        for patterns in self._wanted(folder):
            self._fetch(folder.name, patterns)
            if any(any(folder.glob(pattern)) for pattern in patterns):
                break
        check_blobs(folder)
        yield folder

    def describe(self) -> Path:
        """A snapshot of the few small files that tell architecture, size and prompts."""
        return self._fetch(self.revision, DESCRIPTION)

    def _wanted(self, folder: Path) -> tuple[tuple[str, ...], ...]:
        """What to fetch: the first of these that the repository has."""
        if self.route == "auto":
            # A ready graph is smaller than what optimum needs for an encoder unknown here.
            return (WEIGHTS, ONNX) if written_here(folder) else (ONNX, WEIGHTS)
        return (WEIGHTS,) if self.route != "onnx" else (ONNX,)

    def _fetch(self, revision: str | None, patterns: tuple[str, ...]) -> Path:
        for wait_s in (*WAITS_S, None):
            try:
                return Path(_download(self.repository, revision, patterns))
            except Exception as error:  # the library's errors share no base class
                status = _status(error)
                if wait_s is None or status not in RETRIED:
                    raise self._refusal(error, status) from error
            time.sleep(wait_s)
        raise AssertionError("the last round returns or raises")

    def _refusal(self, error: Exception, status: int | None) -> HubError:
        from huggingface_hub import errors

        where = f"{self.repository}@{self.revision}" if self.revision else self.repository
        endpoint = _endpoint()
        if isinstance(error, errors.GatedRepoError):
            return HubError(
                f"{where} is gated: accept its conditions at {endpoint}/{self.repository}, and set"
                " HF_TOKEN to a token of that account."
            )
        if isinstance(error, errors.RepositoryNotFoundError):
            return HubError(
                f"{endpoint} has no model {where}, or not for you: check the name; for a private one"
                " set HF_TOKEN. A model on this machine is given as its folder."
            )
        if isinstance(error, errors.RevisionNotFoundError):
            return HubError(f"{endpoint}/{self.repository} has no revision {self.revision!r}.")
        if offline():
            return HubError(
                f"{where} is not whole in the cache of models ({_cache() or '~/.cache/huggingface'}),"
                " and HF_HUB_OFFLINE forbids asking for it: unset it, or give a folder."
            )
        if status is not None and status not in RETRIED:
            return HubError(f"{endpoint} answers {status} for {where}: {_first_line(error)}")
        said = f"it answers {status}" if status else _first_line(error)
        return HubError(
            f"{where} could not be fetched from {endpoint} ({said}).",
            Exit.RETRY,
            advice="Try again later (what has been fetched is kept), or give the model's folder.",
        )


def written_here(folder: Path) -> bool:
    """Whether the encoder in a folder is one that is written without torch, by its config.json."""
    for path in (folder / name for name in CONFIG):
        if path.is_file():
            config = read_config(path)
            return config.get("model_type") in FAMILIES and not config.get("auto_map")
    return True


def check_blobs(folder: Path) -> None:
    """Refuse a large file whose contents are not those its name in the cache promises.

    The cache names such a file by the sha256 that the hub gave for it, and the library compares
    only its size. Where the cache has no links (Windows), there is no such name.
    """
    for path in sorted(folder.rglob("*")):
        blob = path.resolve()
        if re.fullmatch("[0-9a-f]{64}", blob.name) and sha256_of([blob]) != blob.name:
            raise CommandError(
                f"{path.relative_to(folder)} is damaged: its sha256 is not the one that the hub gave."
                f" Delete {blob} and try again.",
            )


def snapshot(folder: Path) -> tuple[str, str] | None:
    """Name and commit of a model in the hub's cache, by its path; None for any other folder."""
    match = SNAPSHOT.search(str(folder.absolute()))
    return (match[1], match[2]) if match else None


def offline() -> bool:
    """Whether HF_HUB_OFFLINE (or TRANSFORMERS_OFFLINE) is set."""
    value = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in ("1", "ON", "YES", "TRUE")


def _download(repository: str, revision: str | None, patterns: tuple[str, ...]) -> str:
    from huggingface_hub import snapshot_download
    from huggingface_hub.utils.tqdm import disable_progress_bars

    if not sys.stderr.isatty():
        disable_progress_bars()
    return snapshot_download(
        repository,
        revision=revision,
        allow_patterns=[pattern.replace("**/", "*") for pattern in patterns],
        ignore_patterns=list(OTHERS),
        endpoint=os.environ.get("HF_ENDPOINT") or None,
        cache_dir=_cache(),
        local_files_only=offline(),
        library_name="fit512",
    )


def _endpoint() -> str:
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _cache() -> str | None:
    # The library reads these once, at its first import; here they hold at every call.
    if cache := os.environ.get("HF_HUB_CACHE"):
        return cache
    home = os.environ.get("HF_HOME")
    return str(Path(home) / "hub") if home else None


def _status(error: BaseException | None) -> int | None:
    """The HTTP status behind an error, or behind what it was raised from."""
    while error is not None:
        response: Any = getattr(error, "response", None)
        if response is not None:
            return int(response.status_code)
        error = error.__cause__
    return None


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
