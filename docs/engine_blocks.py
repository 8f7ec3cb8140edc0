"""Generated parts about the LangChain engine; called by cog as docs/blocks.py is."""

from __future__ import annotations

import json
from pathlib import Path

ROOT = Path(__file__).parent.parent


def engines() -> str:
    """What the same conversation costs with and without LangChain, from reports/engines.json."""
    from bench.engines import ENGINES, table

    measured = json.loads((ROOT / "reports/engines.json").read_text("utf-8"))
    rest, after = (
        [measured["engines"][engine][name]["median"] for engine in ENGINES]
        for name in ("rest_rss_mib", "rss_mib")
    )
    load, machine = measured["load"], measured["machine"]
    note = (
        f"LangChain costs {rest[1] - rest[0]:.0f} MiB at rest and {after[1] - after[0]:.0f} after the"
        f" questions. Median of {measured['runs']} runs (lowest to highest), each a fresh process, the"
        f" engines alternately; {load['different']:,} different questions over {load['sessions']}"
        f" sessions, {load['at_a_time']} at a time, cache off, follow-ups condensed, a local upstream"
        f" with {load['upstream_latency_ms']} ms until its first word on the same"
        f" {machine['cores']} cores. {machine['processor']}, {machine['measured']}:"
        f" `{measured['command']}`."
    )
    return "\n".join([*table(measured["engines"]), "", note])


def chain_factory() -> str:
    """What CHAT_CHAIN names, in the words of its protocol."""
    import inspect

    from service.langchain_load import ChainFactory

    return inspect.cleandoc(ChainFactory.__doc__ or "")
