from __future__ import annotations

from tests.service.helpers import running
from tools.limits import upstream as local_upstream

QUESTION = "Do you take PayPal?"


def test_the_second_visitor_is_answered_from_the_cache(tmp_path):
    with (
        local_upstream() as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url) as service,
    ):
        first = service.chat(QUESTION).json()
        second = service.chat(QUESTION).json()
        assert (first["cached"], second["cached"]) == (False, True)
        assert (second["answer"], second["sources"]) == (first["answer"], first["sources"])
        assert second["session_id"] != first["session_id"]
        events = service.stream(QUESTION)
        assert [name for name, _ in events] == ["sources", "token", "done"]
        assert events[-1][1] == {**second, "session_id": events[0][1]["session_id"]}
        assert local.count() == 1
        assert service.metric('fit512_cache_requests_total{result="hit"}') == 2
        assert service.metric('fit512_cache_requests_total{result="miss"}') == 1
        assert service.metric("fit512_cache_answers") == 1
        assert service.metric("fit512_answer_seconds_count") == 1


def test_it_can_be_switched_off_and_keeps_no_failure(tmp_path):
    with (
        local_upstream(faults={"401": 0.5}, seed=2) as local,
        running(tmp_path, LLM_API_KEY="k", LLM_BASE_URL=local.base_url, CACHE_MIB="0") as service,
    ):
        statuses = {service.chat(QUESTION).status_code for _ in range(8)}
        assert statuses == {200, 502}
        assert local.count() == 8


def test_an_answer_that_is_cut_short_says_so_and_is_made_again(tmp_path):
    settings = {"LLM_API_KEY": "k", "LLM_MAX_TOKENS": "5"}
    with (
        local_upstream() as local,
        running(tmp_path, LLM_BASE_URL=local.base_url, **settings) as service,
    ):
        first, second = service.chat(QUESTION).json(), service.chat(QUESTION).json()
        assert list(first) == ["answer", "session_id", "sources", "cached", "finish_reason"]
        assert (first["finish_reason"], second["cached"]) == ("length", False)
        assert service.stream(QUESTION)[-1][1]["finish_reason"] == "length"
        assert local.count() == 3
