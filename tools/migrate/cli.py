"""`python -m tools.migrate`: convert a legacy repository, export its model, verify both."""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.limits.sigterm import ended_by_sigterm
from tools.migrate.commit import commit_in_place
from tools.migrate.diff import as_diff
from tools.migrate.embedding.models import ModelFolder
from tools.migrate.output import check_output, commit_to
from tools.migrate.project import Project
from tools.migrate.registry import RULES
from tools.migrate.report.facts import as_json
from tools.migrate.reporters import print_json, print_rules, print_summary
from tools.migrate.runner import convert, open_repository
from tools.migrate.settings import Settings
from tools.migrate.tree import scan, uncommitted
from vectorstore import commandline
from vectorstore.commandline import CommandError, Exit, local_path

PROGRAM = "python -m tools.migrate"
Prepare = Callable[[argparse.ArgumentParser], None]
Run = Callable[[argparse.Namespace], int]


@dataclass(frozen=True)
class Command:
    """A command: what it does, and where its arguments and its work are."""

    summary: str
    module: str | None = None  # with prepare_parser and run; None: the functions below


COMMANDS = {
    "check": Command("tell whether something would change: exit 1 if so; writes nothing"),
    "diff": Command("print what would change as one unified diff; writes nothing"),
    "apply": Command("convert: in place on a clean git tree, or into --out"),
    "run": Command(
        "copy, convert, verify and report: what `make migrate` does", "tools.migrate.run"
    ),
    "verify": Command("prove that a converted repository fits", "tools.migrate.verify.cli"),
    "export": Command("make a model folder that runs without torch", "tools.migrate.export.cli"),
    "apps": Command("name the apps and how each is started", "tools.migrate.serving.cli"),
    "rules": Command("show what each rule does, with a before and after"),
}


def main(argv: Sequence[str] | None = None) -> int:
    with ended_by_sigterm(PROGRAM):
        return commandline.run(PROGRAM, _main, argv)


def _main(argv: Sequence[str] | None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    named = next((a for a in arguments if not a.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Convert a legacy chatbot repository so that it fits in 512 MB."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.summary, description=command.summary)
        if name == named:  # the modules of the others stay unloaded
            prepare, run = _parts(name, command)
            prepare(sub)
            sub.set_defaults(run=run)
    parsed = parser.parse_args(arguments)
    parsed.command_line = [PROGRAM, *arguments]
    return int(parsed.run(parsed))


def _parts(name: str, command: Command) -> tuple[Prepare, Run]:
    if command.module is None:
        return _OWN[name]
    module = importlib.import_module(command.module)
    return module.prepare_parser, module.run


# Arguments


def add_settings(parser: argparse.ArgumentParser) -> None:
    """The options that choose what is converted."""
    add = parser.add_argument
    for name, what in (("--only", "run only this rule"), ("--skip", "leave out this rule")):
        add(
            name,
            action="extend",
            type=_rules_named,
            default=[],
            metavar="RULE[,RULE]",
            help=f"{what} (repeatable; --list names them)",
        )
    add("--list", action=ListRules, nargs=0, help="list the rules and stop")
    add("--k", type=_positive, default=5, metavar="N", help="turns that a memory keeps (5)")
    add("--timeout", type=_positive, default=30, metavar="S", help="of a model call, seconds (30)")
    add(
        "--model",
        action="append",
        default=[],
        metavar="[NAME=]FOLDER",
        help="an exported model folder, for the model that the code calls NAME (repeatable; made when"
        " missing)",
    )
    parser.set_defaults(export=True)


def settings_from(arguments: argparse.Namespace) -> Settings:
    """The settings that the options of `add_settings` say. Raises CommandError."""
    both = sorted({*arguments.only} & {*arguments.skip})
    if both:
        raise CommandError(f"--only and --skip both name {', '.join(both)}: leave one of them out.")
    return Settings(
        model_folders=dict(_given_model(text) for text in arguments.model),
        export=arguments.export,
        k=arguments.k,
        timeout_s=arguments.timeout,
        only=frozenset(arguments.only),
        skip=frozenset(arguments.skip),
    )


def _given_model(text: str) -> tuple[str, Path]:
    """The folder given as NAME=FOLDER, or alone: then its model's own name is the name."""
    name, separator, folder = text.rpartition("=")
    if Path(text).is_dir() or not separator:
        name, folder = "", text
    model = ModelFolder.read(Path(folder).absolute())
    return name or model.name, Path(folder).absolute()


def _rules_named(text: str) -> list[str]:
    ids = [rule.ID for rule in RULES]
    named = [word.strip() for word in text.split(",")]
    if unknown := [word for word in named if word not in ids]:
        raise argparse.ArgumentTypeError(f"no rule {unknown[0]!r} (choose from {', '.join(ids)})")
    return named


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


class ListRules(argparse.Action):
    """Like --help: prints and ends, whatever else is given."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print_rules(full=False)
        parser.exit()


def _prepare_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=local_path, help="the repository")
    add_settings(parser)
    parser.set_defaults(export=False)
    parser.add_argument("--json", action="store_true", help="print JSON alone on stdout")


def _prepare_diff(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=local_path, help="the repository")
    add_settings(parser)
    parser.set_defaults(export=False)


def _prepare_apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=local_path, help="the repository")
    add_settings(parser)
    parser.add_argument(
        "--out",
        type=local_path,
        metavar="FOLDER",
        help="write a converted copy there, not in place",
    )
    parser.add_argument(
        "--allow-dirty", action="store_true", help="also where git could not bring it back"
    )
    parser.add_argument("--json", action="store_true", help="print JSON alone on stdout")


def _prepare_rules(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--short", action="store_true", help="one line each")


# Commands


def _check(arguments: argparse.Namespace) -> int:
    project = _converted(arguments)
    _report(project, arguments)
    return int(Exit.NO if project.changed else Exit.OK)


def _diff(arguments: argparse.Namespace) -> int:
    project = _converted(arguments)
    sys.stdout.flush()
    # The diff keeps line endings and characters whatever the terminal's encoding is.
    sys.stdout.buffer.write(as_diff(project).encode("utf-8"))
    print_summary(project)
    return int(Exit.OK)


def _apply(arguments: argparse.Namespace) -> int:
    if arguments.out is not None:
        check_output(arguments.path.resolve(), arguments.out)
    elif not arguments.allow_dirty:
        _refuse_dirty(arguments.path)
    project = _converted(arguments)
    if arguments.out is not None:
        commit_to(project, arguments.out)
    else:
        commit_in_place(project)
    _report(project, arguments)
    return int(Exit.OK)


def _rules(arguments: argparse.Namespace) -> int:
    print_rules(full=not arguments.short)
    return int(Exit.OK)


def _converted(arguments: argparse.Namespace) -> Project:
    settings = settings_from(arguments)
    project = open_repository(arguments.path)
    convert(project, settings)
    return project


def _report(project: Project, arguments: argparse.Namespace) -> None:
    print_summary(project)
    if arguments.json:
        print_json(as_json(project, arguments.command_line))


def _refuse_dirty(path: Path) -> None:
    scan(path)  # raises for what is no repository
    changes = uncommitted(path.resolve())
    if changes is None:
        raise CommandError(
            f"{path} is not under git, so nothing could bring the old files back. Use --out FOLDER"
            " for a converted copy, or --allow-dirty to convert it all the same."
        )
    if changes:
        more = f" and {len(changes) - 3} more" if len(changes) > 3 else ""
        raise CommandError(
            f"{path} has uncommitted changes ({', '.join(changes[:3])}{more}). Commit them first, use"
            " --out FOLDER for a converted copy, or --allow-dirty."
        )


_OWN: dict[str, tuple[Prepare, Run]] = {
    "check": (_prepare_check, _check),
    "diff": (_prepare_diff, _diff),
    "apply": (_prepare_apply, _apply),
    "rules": (_prepare_rules, _rules),
}
