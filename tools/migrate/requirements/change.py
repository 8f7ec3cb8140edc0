"""Changes one group of requirement files: decides, asks the resolver, stages the edits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from tools.migrate.requirements.additions import Needs, lost_imports
from tools.migrate.requirements.ask import Questions, python_for
from tools.migrate.requirements.distributions import is_torch
from tools.migrate.requirements.edit import Edit, is_freeze, style
from tools.migrate.requirements.files import Files, RequirementFile
from tools.migrate.requirements.inputs import Place, installable, only_on_windows
from tools.migrate.requirements.lines import Line
from tools.migrate.requirements.resolve import Resolution, ResolveError
from tools.migrate.requirements.stack import Case, orphans, removable
from tools.migrate.requirements.staging import check_includers, comment_out, stage_edits
from tools.migrate.requirements.take_back import NotTogether, take_back
from tools.migrate.requirements.torch_file import stage_torch_file
from tools.migrate.requirements.uses import Use
from tools.migrate.result import Kind, Note

if TYPE_CHECKING:
    from tools.migrate.project import Project

PREFERRED = ("onnxruntime", "tokenizers", "numpy", "faiss-cpu")


class Change:
    """The change of one group. `run` stages it and notes what was done and what was not."""

    def __init__(self, project: Project, rule: str, files: Files, case: Case, needs: Needs) -> None:
        self.project, self.rule, self.files = project, rule, files
        self.case, self.needs = case, needs
        self.gone: set[Place] = set()
        self.replaced: dict[Place, str] = dict(needs.raised)
        self.before: Resolution | None = None
        self.edits = {file.path: Edit() for file in case.files}

    def run(self) -> None:
        self._decide()
        if not (self.gone or self.replaced or self.needs.added):
            return
        self.main = self._main()
        self.style = style(self.main.lines)
        comment_out(self)
        self._set_up_questions()
        try:
            lost, final = self._resolved()
            check_includers(self, lost, final)
        except NotTogether as error:
            take_back(self, str(error))
            return
        stage_edits(self, lost, final)
        stage_torch_file(self, final)

    # What goes

    def _decide(self) -> None:
        for file, line in self.case.lines():
            if only_on_windows(line):
                self.replaced[file.path, line.number] = installable(line)
        gone, kept = removable(self.case)
        if gone and not self._kept_for_torch(gone):
            self.gone = gone
            for place, use in kept.items():
                stays = f"{self.line(place).code} stays: {use.place} uses {use.what}"
                self.note("kept", place, stays)

    def _kept_for_torch(self, gone: set[Place]) -> bool:
        """Whether torch has to stay: the served app, or all the code there is, needs it."""
        for use in self.case.blockers():
            needs = f"the served app needs torch here ({use.what}): torch stays in the requirements"
            self.note("refused", (use.path, use.line), needs)
        if self.case.blockers():
            return True
        served = self.project.served()
        if self.case.torch_scripts() and served.isdisjoint(self.case.code):
            self._keep(gone, "the scripts that it is for need torch, and nothing here is served")
            return True
        return False

    def _keep(self, places: set[Place], why: str) -> None:
        for place in sorted(places, key=str):
            self.note("kept", place, f"{self.line(place).code} stays: {why}")

    def _main(self) -> RequirementFile:
        """The file that gets the new lines."""
        installed = self.case.installed or self.case.files
        losing = [file for file in installed if any(path == file.path for path, _ in self.gone)]
        plain = [file for file in installed if file.path.name == "requirements.txt"]
        ranked = [*losing, *plain, *installed]
        return next((file for file in ranked if not file.runs_pip), ranked[0])

    # What the resolver says

    def _set_up_questions(self) -> None:
        runs_onnx = "onnx_embeddings" in self.case.runtime
        self.python, other = python_for(self.project, self.main, self.files, runs_onnx=runs_onnx)
        if other:
            self._warn(other)
        self.questions = Questions(self.main, self.files, self.python, self.style == "hashed")
        try:
            self.before = self.questions.before()
        except ResolveError as error:
            if self.gone:
                how = "did not resolve" if error.unsolvable else "could not be resolved"
                self._warn(
                    f"{how} for Python {self.python} as it was, so what only torch brought is known"
                    f" from a table; {error}"
                )

    def _resolved(self) -> tuple[dict[str, Use], Resolution | None]:
        """What has to be listed for itself from now on, and the versions of all.

        Raises NotTogether where what resolved would not any more.
        """
        after = self._resolve_without_torch()
        lost = lost_imports(self.case, self.before, after) if self.gone else {}
        final = after
        if lost:
            try:
                final = self._after(self._pinned(lost))
            except NotTogether:
                final = self._after([*lost])
        if final is None and self.style == "hashed":
            raise NotTogether("with hashes every new line needs a version that was tried")
        return lost, final

    def _resolve_without_torch(self) -> Resolution | None:
        after = self._after([])
        while self.before and after and self._orphans_go(self.before, after):
            after = self._after([])
        if after and self.gone and any(is_torch(name) for name in after.versions):
            self._still_torch(after)
            after = self._after([])
        return after

    def _after(self, extra: list[str]) -> Resolution | None:
        before = self.before
        preferred = [f"{n}=={before.versions[n]}" for n in PREFERRED if before and n in before]
        added = [*self.needs.added, *extra]
        try:
            return self.questions.after(added, self.gone, self.replaced, preferred)
        except ResolveError as error:
            if before is not None and error.unsolvable:
                raise NotTogether.of(self, error) from error
            how = "does not resolve" if error.unsolvable else "could not be checked"
            self._warn(
                f"{how} for Python {self.python} after the edit, so new lines have ranges"
                f" instead of versions that were tried; {error}"
            )
            return None

    def _pinned(self, lost: Mapping[str, Use]) -> list[str]:
        versions = self.before.versions if self.before else {}
        return [f"{name}=={versions[name]}" if name in versions else name for name in lost]

    def _orphans_go(self, before: Resolution, after: Resolution) -> bool:
        """In a freeze, what only the removed packages required goes as well; True if any did."""
        found = orphans(self.case, self.gone, before, after)
        frozen = {(file.path, line.number) for file, line in found if is_freeze(file.lines)}
        listed = {(file.path, line.number) for file, line in found} - frozen
        self._keep(listed, "listed for itself; but only what was removed required it and no code imports it, so it may go")  # fmt: skip
        self.gone |= frozen
        return bool(frozen)

    def _still_torch(self, after: Resolution) -> None:
        name = "torch" if "torch" in after else next(filter(is_torch, after.versions))
        needing = after.why(name)
        self._keep(self.gone, "another package requires torch anyway")
        self.note(
            "refused",
            (self.main.path, None),
            f"torch would be installed all the same: {' requires '.join(needing)}. Replace"
            f" {needing[0]}, or remove its line if nothing uses it, then run this again",
        )
        self.gone = set()

    # Small things

    def line(self, place: Place) -> Line:
        return next(line for line in self.files[place[0]].lines if line.number == place[1])

    def _warn(self, message: str) -> None:
        self.note("warning", (self.main.path, None), message)

    def note(self, kind: Kind, place: tuple[PurePosixPath, int | None], message: str) -> None:
        path, number = place
        file = self.files.get(path)
        found = (line.line for line in (file.lines if file else ()) if line.number == number)
        self.project.note(Note(self.rule, kind, str(path), next(found, number), message))
