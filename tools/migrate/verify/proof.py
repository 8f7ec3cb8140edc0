"""All steps of the proof, in order: resolve, install, import, start, answer, retrieve the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tools.migrate.serving.app import ServedApp
from tools.migrate.verify.before import Before, mark_all
from tools.migrate.verify.comparing import Comparing
from tools.migrate.verify.options import Options
from tools.migrate.verify.scratch import scratch_folder
from tools.migrate.verify.spec import Result
from tools.migrate.verify.steps import Figure, Status, Step, not_run
from tools.migrate.verify.subject import Say, Subject

AFTER_INSTALL = ("import", "start", "answers")


@dataclass(frozen=True)
class Proof:
    """The steps and, where the app ran, its figures."""

    steps: Sequence[Step]
    run: Result | None
    app: ServedApp | None = None  # the one that was proved
    before: dict[str, Figure] | None = None  # what the original resolves to
    torch_stays: str | None = None  # why, where the conversion had to leave it


def verify(original: Path | None, converted: Path, options: Options, say: Say) -> Proof:
    """Verify the converted repository; `original` is the legacy one that it is compared with.

    Nothing is written into either folder. A step that cannot be run because an earlier one failed
    is listed as not run.
    """
    with scratch_folder() as folder:
        scratch = str(folder)
        subject = Subject(converted, folder / "after", options)
        comparing = Comparing(original, subject.copy, options)
        steps = _app_steps(subject, comparing.texts, say)
        say("comparing what is retrieved …")
        steps += comparing.steps(subject.environment)
        before = Before(original, folder / "before", options, say) if original else None
        steps = [_shown_step(scratch, step) for step in mark_all(steps, before, subject)]
        result = _shown_result(scratch, subject.result)
        return Proof(steps, result, subject.app, _sizes(before))


def _app_steps(subject: Subject, texts: list[str], say: Say) -> list[Step]:
    say("resolving the requirements …")
    steps = [subject.resolve()]
    if steps[0].status is Status.FAIL:
        return [*steps, *not_run("install", *AFTER_INSTALL)]
    say("installing into a fresh environment …")
    steps.append(subject.install())
    if subject.environment is None:
        return [*steps, *not_run(*AFTER_INSTALL)]
    say("trying the imports …")
    steps.append(subject.import_())
    say(f"starting inside {subject.options.limit_mib:.0f} MiB, on a cold cache …")
    return [*steps, *subject.start(texts)]


def _sizes(before: Before | None) -> dict[str, Figure] | None:
    if before is None or before.lock is None:
        return None
    torch = ", ".join(before.lock.torch)
    return {
        "packages": len(before.lock.versions),
        "wheels_mib": round(before.lock.wheels_mib, 1),
        "torch": torch or None,
    }


def _shown(scratch: str, text: str | None) -> str | None:
    """No path of this machine belongs in a report."""
    for path in (f"{scratch}/after/copy/", f"{scratch}/before/copy/", f"{scratch}/"):
        text = text.replace(path, "") if text else text
    return text


def _shown_step(scratch: str, step: Step) -> Step:
    detail = _shown(scratch, step.detail) or ""
    return replace(step, detail=detail, before=_shown(scratch, step.before))


def _shown_result(scratch: str, result: Result | None) -> Result | None:
    if result is None:
        return None
    error, session_error = (_shown(scratch, e) for e in (result.error, result.session_error))
    return replace(result, error=error, session_error=session_error)
