"""One platform, one plan: checks, files, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy.generated import GeneratedFile, Outcome
from deploy.mine import advice, entry
from deploy.plan import Plan
from deploy.platforms import PLATFORMS
from deploy.preflight.context import Context
from deploy.preflight.registry import preflight
from deploy.prepare import Prepared
from deploy.problem import Problem, error, warning
from deploy.repository import Repository
from deploy.writing import Target
from vectorstore.commandline import Exit


@dataclass(frozen=True, slots=True)
class Result:
    """`differs` are files that are not as they would be written; `written` those that were."""

    platform: str
    plan: Plan
    problems: tuple[Problem, ...]
    texts: Mapping[str, str]  # of the files of the host, as they are or would be
    files: tuple[str, ...]
    differs: tuple[str, ...]
    written: tuple[str, ...]
    refused: bool
    diff: str  # where values were changed by hand, with ours in their place
    edits: tuple[str, ...]  # what is done to files that are not ours, in a line each
    edited: tuple[str, ...]  # values that were changed by hand, as `mine` names them

    def exit_code(self, *, check: bool) -> Exit:
        return Exit.NO if self.refused or (check and self.differs) else Exit.OK

    def summary(self, *, check: bool, diff: bool = False) -> str:
        if self.refused and diff and self.diff:
            return f"{self.platform}: nothing written. The diff is what --force would write.{self._keep()}"
        if self.refused:
            return f"{self.platform}: nothing written. Mend the errors above, or use --force.{self._keep()}"
        if self.written:
            return f"{self.platform}: wrote {', '.join(self.written)}"
        if check and self.differs:
            return f"{self.platform}: would change {', '.join(self.differs)}"
        return f"{self.platform}: {', '.join(self.files)} are as they should be"

    def _keep(self) -> str:
        return f"\n{advice(self.edited)}" if self.edited else ""

    @property
    def steps(self) -> tuple[str, ...]:
        """What is done on the host next; nothing where the files were refused."""
        return () if self.refused else tuple(PLATFORMS[self.platform].steps(self.plan, self.texts))

    def as_json(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "platform": self.platform,
            "plan": self.plan.as_json(),
            "problems": [problem.as_json() for problem in self.problems],
            "files": list(self.files),
            "differs": list(self.differs),
            "written": list(self.written),
            "edits": list(self.edits),
            "steps": list(self.steps),
        }


def deploy_to(
    platform: str,
    prepared: Prepared,
    repository: Repository,
    *,
    out: Path,
    write: bool,
    force: bool,
) -> Result:
    """Check, generate, and `write` unless an error stands against it. Raises CommandError."""
    module, plan = PLATFORMS[platform], prepared.plan
    context = Context(plan, repository, platform, module.limit_mib(plan), prepared.lock)
    problems = preflight(context)
    return put(platform, prepared, module.files(plan), problems, repository, out, write, force)


def put(
    platform: str,
    prepared: Prepared,
    files: Sequence[GeneratedFile],
    problems: Sequence[Problem],
    repository: Repository,
    out: Path,
    write: bool,
    force: bool,
) -> Result:
    target, edits, plan = Target(repository.root, out, force=force), prepared.edits, prepared.plan
    outcomes = target.outcomes(files)
    texts = {outcome.file.path: outcome.after for outcome in outcomes}
    found = [*problems, *PLATFORMS[platform].problems(plan, texts), *edited(outcomes)]
    refused = not force and any(problem.severity == "error" for problem in found)
    differs = target.differs(outcomes, edits)
    forced = Target(repository.root, out, force=True).outcomes(files)
    diff = target.diff(forced, edits)
    written = target.write(outcomes, edits) if write and not refused else []
    names = (*(edit.path for edit in edits), *(file.path for file in files))
    return Result(
        platform,
        plan,
        tuple(found),
        texts,
        names,
        tuple(differs),
        tuple(written),
        refused,
        diff,
        tuple(edit.said for edit in edits if edit.before != edit.after),
        tuple(entry(o.file.path, place) for o in outcomes for place in o.conflicts),
    )


def edited(outcomes: Sequence[Outcome]) -> list[Problem]:
    """An error for each value that a person changed (a warning where it is ours now, by --force), and
    one for what a file of theirs lacks.
    """
    found = []
    for outcome in outcomes:
        path = outcome.file.path
        found += [error("edited", path, said) for said in outcome.conflicts.values()]
        found += [warning("replaced", path, said) for said in outcome.replaced]
        if outcome.missing:
            lacks = f"is yours, and lacks {', '.join(outcome.missing)}, which --force adds"
            found.append(error("edited", path, lacks))
    return found
