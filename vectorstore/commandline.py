"""What every command of the project shares: its errors, its exit codes and how it ends."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from enum import IntEnum
from pathlib import Path

OURS = ("bench", "deploy", "loadtests", "service", "tests", "tools", "vectorstore")
INSTALL = (
    "Use .venv/bin/python, which `make install` makes in a checkout, or install the extra that the"
    " README names for this command."
)


class Exit(IntEnum):
    """The exit codes of every command."""

    OK = 0
    NO = 1  # the answer is no: would change, over budget, not equal, invalid, refused
    ERROR = 2  # could not run, unexpected exceptions included
    RETRY = 75  # EX_TEMPFAIL: the same call may work later


class CommandError(Exception):
    """An error for the person at the terminal: says what, where and what next, in one paragraph.

    `exit_code` is the code that the command ends with.
    """

    def __init__(self, message: str, exit_code: Exit = Exit.ERROR) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def local_path(text: str) -> Path:
    """A path, for argparse. A URL is refused unshown: it may have a password or token in it."""
    if "://" in text:
        # Here: who only opens a store has no use for argparse.
        from argparse import ArgumentTypeError

        raise ArgumentTypeError(
            "it has to be a path on this machine, not a URL: download or clone what is elsewhere, and"
            " name that"
        )
    return Path(text)


def run(
    program: str, main: Callable[[Sequence[str] | None], int], argv: Sequence[str] | None = None
) -> int:
    """Call `main(argv)` and turn whatever it raises into a message and an exit code.

    argparse's own SystemExit (usage errors, --help) passes through: it already ends with 2 or 0.
    FIT512_DEBUG=1 shows the traceback of an expected error too.
    """
    debug = os.environ.get("FIT512_DEBUG") == "1"
    try:
        return int(main(argv))
    except CommandError as error:
        if debug:
            traceback.print_exc()
        print(f"{program}: {error}", file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print(f"{program}: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of our stdout left (`| head`): not an error of ours, and nothing can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.OK)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in OURS:
            raise
        if debug:
            traceback.print_exc()
        print(
            f"{program}: {error.name} is not installed in {sys.executable}. {INSTALL}",
            file=sys.stderr,
        )
        return int(Exit.ERROR)
    except Exception as error:
        traceback.print_exc()
        print(
            f"{program}: unexpected {type(error).__name__}: {error} (a bug of ours: please report it"
            " with the lines above)",
            file=sys.stderr,
        )
        return int(Exit.ERROR)
