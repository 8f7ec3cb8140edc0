from __future__ import annotations

from typing import get_args

import pytest

from service.answers import DocumentsUnavailable, Overloaded, UpstreamBusy
from service.errors import Reason, told
from service.interrupt import Interrupted
from service.sessions import SessionsUnavailable
from tests.service.helpers import eventually, running
from tools.limits import upstream as local_upstream

ASKED = {"question": "Do you take PayPal?"}
TOKEN = "an-api-token-of-a-test"


def too_late() -> Overloaded:
    late = Overloaded()
    late.__cause__ = TimeoutError()
    return late


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(Overloaded(), "places", id="no place"),
        pytest.param(too_late(), "queue", id="not in time"),
        pytest.param(UpstreamBusy("", 1), "upstream", id="upstream"),
        pytest.param(SessionsUnavailable(), "sessions", id="conversations"),
        pytest.param(DocumentsUnavailable(), "documents", id="documents"),
        pytest.param(Interrupted(), "stopping", id="stopped"),
        pytest.param(ValueError(), "", id="no refusal"),
    ],
)
def test_each_refusal_has_its_reason(error, reason):
    assert told(error).reason == reason


def test_who_finds_no_place_is_counted_and_logged_with_the_reason(tmp_path):
    settings = {"LLM_API_KEY": "k", "MAX_IN_FLIGHT": "1"}
    with (
        local_upstream(token_rate=1) as local,
        running(tmp_path, LLM_BASE_URL=local.base_url, **settings) as service,
    ):
        with service.client.stream("POST", "/chat/stream", json=ASKED):
            eventually(lambda: service.metric("fit512_in_flight") == 1)
            assert service.chat("How much is shipping?").status_code == 503
        assert service.metric('fit512_refused_total{reason="places"}') == 1
        for reason in {*filter(None, get_args(Reason))} - {"places"}:
            assert service.metric(f'fit512_refused_total{{reason="{reason}"}}') == 0
        (line,) = [line for line in service.log.splitlines() if " status=503 " in line]
        assert line.endswith(" reason=places")


def test_so_are_a_wrong_token_and_a_body_too_large(tmp_path):
    with running(tmp_path, API_TOKENS=TOKEN, MAX_BODY_KIB="1") as service:
        assert service.client.post("/chat", json=ASKED).status_code == 401
        service.client.headers["Authorization"] = f"Bearer {TOKEN}"
        long = {"question": "x" * 2000}
        assert service.client.post("/v1/chat/completions", json=long).status_code == 413
        assert service.metric('fit512_refused_total{reason="token"}') == 1
        assert service.metric('fit512_refused_total{reason="body"}') == 1
        reasons = [line.rpartition(" ")[2] for line in service.log.splitlines() if "reason" in line]
        assert reasons == ["reason=token", "reason=body"]
