"""What a proof says of itself at its end, and in JSON."""

from __future__ import annotations

import pytest

from tools.migrate.verify.proof import Proof
from tools.migrate.verify.reporters import as_json, as_markdown, from_json, render
from tools.migrate.verify.spec import Result
from tools.migrate.verify.steps import Status, Step

FINE = [Step("start", Status.PASS, "ready")]
BROKEN = [Step("start", Status.FAIL, "no bot")]
KNOWN = [Step("resolve", Status.FAIL, "no solution", before="the same error")]
ASKED = Result(ready_s=1.0, asked=4, answered=4)
LOOKED_AT = Result(ready_s=1.0, pages={"/": 200})
UNASKED = (
    "it starts inside the limit; no question was asked, so nothing shows that model and store load"
)


@pytest.mark.parametrize(
    ("steps", "run", "says"),
    [
        pytest.param(FINE, ASKED, "pass", id="asked"),
        pytest.param(FINE, LOOKED_AT, f"pass: {UNASKED}", id="only looked at"),
        pytest.param(
            FINE, None, "pass: it was not started, so no question was asked", id="not started"
        ),
        pytest.param(BROKEN, LOOKED_AT, "fail", id="failed"),
        pytest.param(
            KNOWN, None, "fail (not by the conversion: it failed before too)", id="failed before"
        ),
    ],
)
def test_the_verdict(steps, run, says):
    proof = Proof(steps, run)
    last = " ".join(render(proof).partition("verdict: ")[2].split())
    assert last == says[:4].upper() + says[4:]
    assert as_markdown(proof).splitlines()[0] == f"## Proof: {says}"


@pytest.mark.parametrize(
    ("run", "asked"),
    [(ASKED, True), (LOOKED_AT, False), (None, False)],
    ids=["asked", "looked at", "not run"],
)
def test_json_says_whether_a_question_was_asked(run, asked):
    data = as_json(Proof(FINE, run))
    assert (data["verdict"], data["asked"]) == ("pass", asked)
    assert from_json(data).run == run


def test_a_failure_says_why_torch_stays():
    why = "torch stays: the embedder at app.py:2 was refused"
    failed = Proof(KNOWN, None, torch_stays=why)
    said = f"fail (not by the conversion: it failed before too); {why}"
    assert as_markdown(failed).splitlines()[0] == f"## Proof: {said}"
    assert as_json(failed)["torch_stays"] == why
    assert from_json(as_json(failed)) == failed
    assert as_markdown(Proof(FINE, ASKED, torch_stays=why)).startswith("## Proof: pass\n")
