"""The commands in docs/deploy.md: what `python -m deploy HOST` prints for this repository."""

from __future__ import annotations

from blocks import ROOT

from deploy.platforms import PLATFORMS
from deploy.prepare import prepare
from deploy.repository import Repository


def steps(host: str) -> str:
    plan = prepare(Repository(ROOT), ask=False).plan  # no lock is needed to tell them
    texts = {file.path: file.text for file in PLATFORMS[host].files(plan)}
    return "\n".join(["```sh", *PLATFORMS[host].steps(plan, texts), "```"])
