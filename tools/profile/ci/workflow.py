"""The text of the workflow, from a template; its actions are pinned by commit.

Checked in a test against the schema of SchemaStore: https://www.schemastore.org/github-workflow.json.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from vectorstore.commandline import CommandError

ACTIONS = {
    "checkout": "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2",
    "setup_python": "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0",
    "upload": "actions/upload-artifact@ea165f8d65b6e75b540449e92b4886f43607fa02 # v4.6.2",
}


@dataclass(frozen=True)
class Workflow:
    """What differs from one repository to the next; without a `command` it is `make gate`."""

    command: Sequence[str] = ()
    budget: str = "budget.toml"
    branch: str = "main"
    python: str | None = None  # None: .python-version names it
    requirements: str = "requirements.txt"
    install: str | None = None  # what pip installs us from, beside a command


def render(workflow: Workflow) -> str:
    """The YAML. Raises CommandError for what a shell or GitHub would take for something else."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        variable_start_string="<<",  # GitHub's own are ${{ }}
        variable_end_string=">>",
        block_start_string="<%",
        block_end_string="%>",
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("memory.yml.j2").render(
        **ACTIONS,
        made_by="python -m tools.profile ci",
        command=shlex.join(_plain(word) for word in workflow.command),
        budget=shlex.quote(_plain(workflow.budget)),
        branch=_plain(workflow.branch),
        python=_plain(workflow.python or ""),
        python_file=workflow.python is None,
        requirements=shlex.quote(_plain(workflow.requirements)),
        install=shlex.quote(_plain(workflow.install or "")),
    )


def _plain(text: str) -> str:
    if "${{" in text or any(ord(letter) < 32 for letter in text):
        raise CommandError(
            f"{text!r}: line breaks and expressions (${{{{ }}}}) are not for a workflow."
        )
    return text
