"""Amounts of memory as people write them: always with a unit, since 512 MB is not 512 MiB."""

from __future__ import annotations

import re

from vectorstore.commandline import CommandError

MIB = 1024 * 1024
_BYTES_IN = {
    "b": 1,
    "kb": 1000,
    "kib": 1024,
    "mb": 1000**2,
    "mib": MIB,
    "gb": 1000**3,
    "gib": 1024**3,
}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]*)", re.ASCII)


def parse_mib(text: str, none_at_all: bool = False) -> float:
    """The MiB in "512MiB", "1 GiB", "512MB" (488.28) or "1.5gb".

    Raises CommandError (exit code 2) for anything else: a bare number and the letters k, m and g
    alone, which mean 1000 in one tool and 1024 in the next, are refused, and so is nothing ("0MiB"),
    except where `none_at_all` has a meaning.
    """
    match = _AMOUNT.fullmatch(text.strip())
    unit = match[2].lower() if match else ""
    if match and unit in _BYTES_IN:
        mib = float(match[1]) * _BYTES_IN[unit] / MIB
        if mib > 0 or none_at_all:
            return mib
        raise CommandError(f"{text!r} is no memory at all. Write an amount such as 512MiB.")
    if match and unit in ("", "k", "m", "g"):
        missing = "has no unit" if not unit else f"does not say what {match[2]!r} stands for"
        raise CommandError(
            f"{text!r} {missing}. Write {match[1]}MiB (1,048,576 bytes each) or {match[1]}MB"
            " (1,000,000 bytes each)."
        )
    raise CommandError(
        f"{text!r} is not an amount of memory. Write a number and B, KB, KiB, MB, MiB, GB or GiB,"
        " such as 512MiB."
    )


def format_mib(mib: float) -> str:
    """ "487.3 MiB"; whole numbers without a decimal: "512 MiB"; what is too small, "10,486 bytes"."""
    if mib and not round(mib, 1):
        return f"{mib * MIB:,.0f} bytes"
    number = f"{mib:.1f}"
    return f"{number.removesuffix('.0')} MiB"
