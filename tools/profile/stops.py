"""What to say when a run did not come to its end."""

from __future__ import annotations

from tools.limits import format_mib
from tools.profile.death import too_small
from tools.profile.program import PROGRAM
from tools.profile.ready import Ended
from vectorstore.commandline import CommandError, Exit


class Died(CommandError):
    """The app did not come to its end: `ended` says where, `output` are its last lines."""

    def __init__(self, message: str, exit_code: Exit, ended: Ended, output: str) -> None:
        super().__init__(message, exit_code)
        self.ended, self.output = ended, output


def died(ended: Ended, limit_mib: float | None, output: str = "") -> Died:
    """The error that ends a command. Not to fit into a limit is an answer: no (exit code 1)."""
    inside = f"inside {format_mib(limit_mib)}" if limit_mib else "without a limit"
    no = too_small(ended, limit_mib)
    advice = f". `{PROGRAM} fit` finds the smallest limit that it survives" if no else ""
    what = "lives, but gets no further" if ended.alive else "died"
    wrote = f". It last wrote:\n{output}" if output else ". It wrote nothing"
    return Died(
        f"the app {what} {inside}, in stage {ended.stage}: {ended}{advice}{wrote}",
        Exit.NO if no else Exit.ERROR,
        ended,
        output,
    )
