"""All steps of the proof, in order: install, start and answer inside the limit, retrieve the same."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from tools import limits
from tools.migrate.project import Project
from tools.migrate.verify import environment as env
from tools.migrate.verify import launch, retrieval
from tools.migrate.verify.questions import generate
from tools.migrate.verify.reference import embed_reference
from tools.migrate.verify.runner import Result, Spec
from tools.migrate.verify.steps import Status, Step
from tools.migrate.verify.stores import StorePair, store_pairs, unconverted
from vectorstore.commandline import CommandError

QUESTIONS = 200  # asked of the running app
COMPARED = 120  # compared in retrieval
CALLED_SHARE = 0.9  # of the different questions: an app may greet by itself, or cache
HIGH_SHARE = 0.8  # of the limit: hosts killed processes that had passed at 97 % elsewhere


@dataclass(frozen=True)
class Options:
    """What a verification may be told; None means found or default."""

    limit_mib: float = 512.0
    start: str | None = None
    probe: str | None = None
    health_path: str | None = None
    expected: Path | None = None  # made by sentence-transformers: NAME.json beside NAME.npy
    legacy_python: Path | None = None  # an environment in which sentence-transformers runs
    legacy_model: str | None = None  # what it loads; None: the model's name
    keep: Path | None = None  # where to leave the app's log


@dataclass(frozen=True)
class Proof:
    """The steps and, where the app ran, its figures."""

    steps: Sequence[Step]
    run: Result | None


Say = Callable[[str], None]


def verify(original: Path | None, converted: Path, options: Options, say: Say) -> Proof:
    """Verify the converted repository; `original` is the legacy one its stores are compared with.

    Nothing is written into either folder. A step that cannot be run because an earlier one failed
    is listed as not run.
    """
    with tempfile.TemporaryDirectory(prefix="fit512-verify-") as scratch:
        return _Verification(original, converted, Path(scratch), options, say).run()


class _Verification:
    def __init__(
        self, original: Path | None, converted: Path, scratch: Path, options: Options, say: Say
    ) -> None:
        self.original, self.scratch, self.options, self.say = original, scratch, options, say
        self.copy = scratch / "copy"
        env.copy_tree(converted, self.copy)
        self.project = Project.open(self.copy)
        self.pairs = store_pairs(original, self.copy) if original else []
        self.unconverted = unconverted(original, self.copy) if original else []

    def run(self) -> Proof:
        steps: list[Step] = []
        self.say("installing into a fresh environment …")
        try:
            environment = env.create(self.copy, self._manifest(), self.scratch / "env")
        except CommandError as error:
            steps.append(Step("install", Status.FAIL, str(error)))
            return Proof([*steps, *_not_run("start", "answers", "retrieval")], None)
        steps.append(env.check(environment))
        self.say(f"starting inside {self.options.limit_mib:.0f} MiB, on a cold cache …")
        result: Result | None = None
        try:
            result = self._run_app(environment)
        except CommandError as error:
            steps.append(Step("start", Status.FAIL, str(error)))
            steps += _not_run("answers")
        if result:
            steps += _run_steps(result, self.options.limit_mib)
        self.say("comparing what is retrieved …")
        steps += self._retrieval(environment)
        return Proof(steps, result)

    def _manifest(self) -> Path:
        served = {path.parent for path in self.project.served()}
        folders = sorted({p for f in served for p in (f, *f.parents)}, key=lambda p: -len(p.parts))
        for folder in [*folders, PurePosixPath(".")]:
            manifest = self.copy / folder / "requirements.txt"
            if manifest.is_file():
                return manifest
        raise CommandError(
            "there is no requirements.txt beside the app or above it to install from."
        )

    def _run_app(self, environment: env.Environment) -> Result:
        served = sorted(self.project.served())
        port = _free_port()
        start, asked = self.options.start, self.options.probe
        # With both said there may be no app object to find: a factory, another framework.
        app = None if start and asked else launch.find_app(self.project)
        if start:
            command = launch.split_start(start, environment, port)
        elif app:
            command = launch.start_command(app, environment, port)
        if asked:
            probe = launch.Probe.parse(asked)
        elif app:
            probe = launch.find_probe(self.copy, app)
        folder = self.copy / (app.folder if app else ".")
        if app and not start:
            self.say(f"the app is {app.module}:{app.name} of {app.file}; asked by {probe}")
        spec = Spec(
            command=command,
            folder=str(folder),
            environment=self._app_environment(environment, served, port),
            port=port,
            limit_mib=self.options.limit_mib,
            cold=[str(environment.site_packages), str(self.copy)],
            probe=asdict(probe),
            health_path=self.options.health_path or "/health",
            questions=self._questions(QUESTIONS),
            log=str(self.scratch / "app.log"),
        )
        return self._in_runner(spec)

    def _app_environment(
        self, environment: env.Environment, served: list[PurePosixPath], port: int
    ) -> dict[str, str]:
        """A host's: no PYTHONPATH, nothing of the caller's; each secret that the app reads has a value."""
        secrets = dict.fromkeys(launch.secret_names(self.copy, served), "not-a-key")
        return {
            **secrets,
            "PATH": f"{environment.python.parent}{os.pathsep}{os.defpath}",
            "HOME": str(self.scratch),
            "LANG": "C.UTF-8",
            "PORT": str(port),
            "WEB_CONCURRENCY": "1",
            "PYTHONUNBUFFERED": "1",
        }

    def _in_runner(self, spec: Spec) -> Result:
        """Run `runner` in a network of its own where that can be had; the result says which."""
        asked, answered = self.scratch / "spec.json", self.scratch / "result.json"
        asked.write_text(json.dumps(asdict(spec)), "utf-8")
        command = [sys.executable, "-m", "tools.migrate.verify.runner", str(asked), str(answered)]
        why_not = limits.why_not()
        if why_not is None:
            command = limits.cut_off(command)
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if self.options.keep and Path(spec.log).exists():
            self.options.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(spec.log, self.options.keep / "app.log")
        if not answered.exists():
            raise CommandError(f"the runner ended with {done.returncode}: {done.stderr[-800:]}")
        result = Result(**json.loads(answered.read_text("utf-8")))
        if why_not is not None:
            result.network = f"not cut off: {why_not}"
        return result

    def _questions(self, count: int) -> list[str]:
        texts = [text for pair in self.pairs for text in pair.legacy.texts]
        return generate(texts or _source_words(self.project), count)

    def _retrieval(self, environment: env.Environment) -> list[Step]:
        steps = [self._compare(environment, pair) for pair in self.pairs]
        steps += [
            Step(
                f"retrieval of {folder}",
                Status.FAIL,
                "the store was not converted (the report of the conversion says why), so nothing"
                " shows what is retrieved",
            )
            for folder in self.unconverted
        ]
        why = "no store is committed" if self.original else "no --original to compare with"
        return steps or [Step("retrieval", Status.NOT_APPLICABLE, why)]

    def _compare(self, environment: env.Environment, pair: StorePair) -> Step:
        name = f"retrieval of {pair.folder}"
        try:
            questions, vectors, reference = self._legacy_queries(pair)
            found = retrieval.retrieve(
                environment, self.copy / pair.root, pair.model, pair.name, questions
            )
        except CommandError as error:
            return Step(name, Status.FAIL, str(error))
        comparison = retrieval.compare(pair.legacy.top(vectors), found, reference)
        detail = (
            f"{comparison.questions} questions on {len(pair.legacy.texts)} texts: mean overlap of the"
            f" top {retrieval.TOP} {comparison.mean_overlap:.3f}, the same {retrieval.TOP} for"
            f" {comparison.same_set:.1%}, the same first for {comparison.same_first:.1%};"
            f" legacy side: {comparison.reference}"
        )
        status = Status.PASS if comparison.equal else Status.FAIL
        return Step(name, status, detail, asdict(comparison))

    @staticmethod
    def _check_expected(file: Path) -> None:
        for part in (file, file.with_suffix(".npy")):
            if not part.is_file():
                raise CommandError(f"--expected: there is no {part}.")

    def _legacy_queries(self, pair: StorePair) -> tuple[list[str], NDArray[np.float32], str]:
        if self.options.expected:
            self._check_expected(self.options.expected)
            about = json.loads(self.options.expected.read_text("utf-8"))
            made = ", ".join(f"{k} {v}" for k, v in about["made_with"].items())
            vectors = np.load(self.options.expected.with_suffix(".npy"), allow_pickle=False)
            return about["questions"], vectors, f"recorded from {made}"
        questions = generate(pair.legacy.texts, COMPARED)
        if self.options.legacy_python:
            model = self.options.legacy_model or pair.model_name
            vectors, made = retrieval.legacy_vectors(self.options.legacy_python, model, questions)
            return questions, vectors, f"asked of {made}"
        vectors, reference = embed_reference(self.copy / pair.root / pair.model, questions)
        return questions, vectors, reference


def _run_steps(result: Result, limit_mib: float) -> list[Step]:
    limit = f"{limit_mib:.0f} MiB ({result.enforcement})"
    if result.ready_s is None:
        started = Step("start", Status.FAIL, f"inside {limit}: {result.error}")
        return [started, *_not_run("answers")]
    rest = result.memory["at rest"]
    figures = {"ready_s": result.ready_s, **{f"{k} at rest": v for k, v in rest.items()}}
    detail = f"ready in {result.ready_s:.1f} s inside {limit}, network {result.network}"
    steps = [Step("start", Status.PASS, detail, figures)]
    if result.error or result.answered < result.asked or result.oom_killed:
        reason = result.error or f"{result.answered} of {result.asked} answered"
        return [*steps, Step("answers", Status.FAIL, reason)]
    steps.append(_answers(result, limit_mib))
    if result.sessions:
        apart = result.sessions == "apart"
        detail = "each has a conversation of its own" if apart else "one sees what another said"
        steps.append(Step("visitors", Status.PASS if apart else Status.FAIL, detail))
    return steps


def _answers(result: Result, limit_mib: float) -> Step:
    peak = result.memory["peak"]
    high = peak["working_set_mib"] or peak["rss_mib"] or 0.0
    through = f"{result.upstream_requests} requests reached the local model"
    if result.hosts:
        through += f" (redirected from {', '.join(result.hosts)})"
    detail = f"{result.answered} of {result.asked} answered; {through}; peak {high:.0f} MiB"
    if result.torch_missed:
        return Step(
            "answers", Status.FAIL, f"{detail}; but the app's log says {result.torch_missed}"
        )
    if result.upstream_requests < CALLED_SHARE * result.questions:
        detail += f": too few for {result.questions} different questions, so most answers came from"
        return Step("answers", Status.FAIL, f"{detail} no model call")
    if high > HIGH_SHARE * limit_mib:
        detail += f", over {HIGH_SHARE:.0%} of the limit: hosts have killed such processes"
        return Step("answers", Status.FAIL, detail)
    return Step("answers", Status.PASS, detail, {"peak_mib": round(high, 1)})


def _not_run(*names: str) -> list[Step]:
    return [Step(name, Status.NOT_RUN, "an earlier step failed") for name in names]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _source_words(project: Project) -> list[str]:
    """Something to ask about where no store was committed: the repository's own prose."""
    texts = [
        project.read(p).decode("utf-8", "replace") for p in project.paths() if p.suffix == ".md"
    ]
    return [part for text in texts for part in text.split("\n\n")] or ["orders shipping returns"]
