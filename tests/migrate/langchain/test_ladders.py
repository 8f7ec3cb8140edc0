"""Imports that are tried one after the other."""

from __future__ import annotations

import pytest

from tests.migrate.helpers import check_noop, check_transformed
from tools.migrate.rules import langchain

LADDER = "try:\n    from {0} import {1}\nexcept ImportError:\n    from {2} import {1}\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(
            LADDER.format("langchain.memory", "M", "langchain_classic.memory"), id="the last"
        ),
        pytest.param(
            LADDER.format("langchain_classic.memory", "M", "langchain.memory"), id="the first"
        ),
        pytest.param(
            "try:\n    from langchain.text_splitter import S\nexcept ImportError:\n    try:\n"
            "        from langchain.splitters import S\n    except Exception:\n"
            "        from langchain_text_splitters import S\n",
            id="nested",
        ),
    ],
)
def test_a_ladder_that_works(source):
    check_noop(langchain, source)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            LADDER.format("langchain.chains.base", "Chain", "langchain.chains"),
            LADDER.format("langchain_classic.chains.base", "Chain", "langchain.chains"),
            id="its first branch is put right",
        ),
        pytest.param(
            "try:\n    from langchain.chains import LLMChain\n    OK = True\n"
            "except ImportError:\n    OK = False\n",
            "try:\n    from langchain_classic.chains import LLMChain\n    OK = True\n"
            "except ImportError:\n    OK = False\n",
            id="no other import",
        ),
        pytest.param(
            "try:\n    from langchain.chains import LLMChain\nexcept KeyError:\n"
            "    from langchain_classic.chains import LLMChain\n",
            "try:\n    from langchain_classic.chains import LLMChain\nexcept KeyError:\n"
            "    from langchain_classic.chains import LLMChain\n",
            id="another error is caught",
        ),
    ],
)
def test_a_ladder_that_does_not(before, after):
    check_transformed(langchain, before, after)
