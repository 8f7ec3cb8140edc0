"""`python -m tools.migrate run`: copy, convert, verify, report."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.migrate.cli import add_settings, settings_from
from tools.migrate.output import check_output, commit_to
from tools.migrate.project import Project
from tools.migrate.report.embedder import torch_stays
from tools.migrate.report.facts import as_json
from tools.migrate.report.page import as_markdown
from tools.migrate.reporters import print_json, print_summary, say, write_json
from tools.migrate.runner import convert, open_repository
from vectorstore.commandline import Exit, local_path

if TYPE_CHECKING:
    from tools.migrate.verify.options import Options

REPORTS = Path("build/reports")


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    from tools.migrate.verify.cli import add_options

    parser.add_argument("path", type=local_path, help="the legacy repository")
    parser.add_argument(
        "--out", type=local_path, required=True, help="where the converted copy goes"
    )
    add_settings(parser)
    parser.add_argument("--no-verify", action="store_true", help="convert and report only")
    parser.add_argument(
        "--reports",
        type=local_path,
        metavar="FOLDER",
        help=f"({REPORTS} for the last run, {REPORTS}/NAME for each repository's)",
    )
    parser.add_argument("--json", action="store_true", help="print JSON alone on stdout")
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 when the converted copy is proved; 1 when the proof says no."""
    from tools.migrate.verify.cli import options_from

    check_output(arguments.path.resolve(), arguments.out)
    project = open_repository(arguments.path)
    options = options_from(arguments, project)  # before the work that a slip in them would waste
    convert(project, settings_from(arguments))
    commit_to(project, arguments.out)
    print_summary(project)
    say(f"converted copy: {arguments.out}")
    # Written before the proof too: whatever ends that, the report of the conversion is there.
    report = _write_reports(project, arguments, None, "")
    if not arguments.no_verify and project.python():
        report = _write_reports(project, arguments, *_verify(project, arguments, options))
    for folder in _folders(project, arguments):
        say(f"reports: {folder}/migrate.json and migrate.md")
    if arguments.json:
        print_json(report)
    proof = report["verify"]
    return int(Exit.OK if proof is None or proof["verdict"] == "pass" else Exit.NO)


def _write_reports(
    project: Project, arguments: argparse.Namespace, proof: dict[str, Any] | None, page: str
) -> dict[str, Any]:
    report = as_json(project, arguments.command_line, proof)
    text = as_markdown(project, report, page)
    for folder in _folders(project, arguments):
        write_json(folder / "migrate.json", report)
        (folder / "migrate.md").write_text(text, encoding="utf-8")
    return report


def _folders(project: Project, arguments: argparse.Namespace) -> list[Path]:
    """Where the reports go: of the next repository, those of this one are not written over."""
    if arguments.reports is not None:
        return [arguments.reports]
    return [REPORTS, REPORTS / project.root.name]


def _verify(
    project: Project, arguments: argparse.Namespace, options: Options
) -> tuple[dict[str, Any], str]:
    """The proof for the JSON report, and for the page."""
    from tools.migrate.verify import reporters
    from tools.migrate.verify.proof import verify

    proof = verify(
        arguments.path,
        arguments.out,
        options,
        say,
    )
    proof = replace(proof, torch_stays=torch_stays(project))
    if not arguments.json:
        reporters.print_proof(proof)
    return reporters.as_json(proof), reporters.as_markdown(proof)
