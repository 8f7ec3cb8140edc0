"""Bounds of connections, heads, bodies and clients."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

MUTATIONS = {
    "answers that nobody reads": Mutation(
        "service/protocol.py",
        "            self.transport.abort()\n\n    def _is_read",
        "            pass\n\n    def _is_read",
        "tests/service/test_protocol.py"
        "::test_where_the_kernel_does_not_the_service_gives_up_who_never_reads",
    ),
    "unread answers in the kernel for as long as it likes": Mutation(
        "service/protocol.py",
        "socket.TCP_USER_TIMEOUT, deadline_ms",
        "socket.TCP_NODELAY, 1",
        "tests/service/test_protocol.py::test_who_never_reads_an_answer_is_closed",
    ),
    "slow readers cut off": Mutation(
        "service/protocol.py",
        "self.unread < self._unread_bytes",
        "False",
        "tests/service/test_protocol.py::test_who_reads_slowly_and_goes_on_gets_all",
    ),
    "unread answers in the kernel without a bound": Mutation(
        "service/protocol.py",
        "socket.SO_SNDBUF, SEND_BUFFER_BYTES",
        "socket.SO_REUSEADDR, 1",
        "tests/service/test_protocol.py::test_little_is_kept_of_answers_that_are_not_read",
    ),
    "heads of all without a bound": Mutation(
        "service/protocol.py",
        "self.crowd.head_bytes > HEAD_BYTES_EACH * self.max_connections",
        "False",
        "tests/service/test_protocol.py"
        "::test_heads_of_a_crowd_are_bounded_and_a_small_one_is_not_in_their_way",
    ),
    "connections without a bound": Mutation(
        "service/protocol.py",
        "        if self._over() > 0:\n            self._make_room()",
        "        pass",
        "tests/service/test_protocol.py::test_connections_that_wait_lock_nobody_out",
    ),
    "none kept aside for the health": Mutation(
        "service/protocol.py",
        "ASIDE = 1",
        "ASIDE = 0",
        "tests/service/test_protocol.py"
        "::test_the_health_is_told_while_all_connections_are_being_answered",
    ),
    "no time for a head": Mutation(
        "service/protocol.py",
        "        self.since = self.loop.time()\n        self._within(self.deadline_s)\n",
        "        self.since = self.loop.time()\n",
        "tests/service/test_protocol.py::test_what_stops_short_of_its_end_is_closed[nothing]",
    ),
    "no time for a later head": Mutation(
        "service/protocol.py",
        "if self._timer is None and not self.answering:",
        "if False:",
        "tests/service/test_protocol.py::test_a_later_head_that_stops_short_is_closed_too",
    ),
    "refused connections without a bound": Mutation(
        "service/protocol.py",
        "len(self.crowd.lingering) < self.max_connections",
        "True",
        "tests/service/test_protocol.py"
        "::test_of_those_refused_no_more_are_waited_for_than_may_be_open",
    ),
    "refused connections for ever": Mutation(
        "service/protocol.py",
        "self.loop.call_later(LINGER_S, self._end)",
        "None",
        "tests/service/test_protocol.py"
        "::test_of_those_refused_no_more_are_waited_for_than_may_be_open",
    ),
    "headers without a bound": Mutation(
        "service/bounded_heads.py",
        "self._headers > MAX_HEADERS",
        "False",
        "tests/service/test_protocol.py::test_what_the_client_is_told",
    ),
    "requests ahead without a bound": Mutation(
        "service/bounded_heads.py",
        "len(self.pipeline) >= MAX_AHEAD",
        "False",
        "tests/service/test_protocol.py::test_what_the_client_is_told",
    ),
    "heads of any length": Mutation(
        "service/bounded_heads.py",
        "self._pending_bytes > MAX_HEAD_BYTES",
        "False",
        "tests/service/test_protocol.py"
        "::test_an_unfinished_header_is_bounded_whatever_came_with_it",
    ),
    "values of a body without a bound": Mutation(
        "service/json_route.py",
        "if commas > MANY_VALUES and commas * BYTES_PER_VALUE > len(body):",
        "if False:",
        "tests/service/routes/test_chat.py::test_a_body_that_is_no_json_or_too_large[values]",
    ),
    "bodies that are announced of any length": Mutation(
        "service/json_route.py",
        'int(request.headers.get("content-length", 0)) > settings.max_body_kib * 1024',
        "False",
        "tests/service/test_protocol.py"
        "::test_a_body_announced_too_large_is_refused_before_it_comes",
    ),
    "bodies of any length": Mutation(
        "service/json_route.py",
        "if left < 0:",
        "if False:",
        "tests/service/routes/test_chat.py"
        "::test_a_large_body_without_a_length_is_not_read_to_its_end",
    ),
    "bodies without a bound": Mutation(
        "service/gate.py",
        "self.body_bytes + size > self._most",
        "False",
        "tests/service/test_gate.py::test_bodies_that_are_read_at_once_are_bounded",
    ),
    "questions of any length": Mutation(
        "service/routes/chat.py",
        "len(body.question) > longest",
        "False",
        "tests/service/routes/test_chat.py::test_a_body_that_is_not_valid[too long]",
    ),
    "messages of any length": Mutation(
        "service/routes/openai.py",
        "len(question) > longest",
        "False",
        "tests/service/routes/test_openai.py::test_what_is_refused_has_openais_shape[too long]",
    ),
    "errors of a list without a bound": Mutation(
        "service/openai_api.py",
        "max_length=1000, fail_fast=True",
        "max_length=1000",
        "tests/service/routes/test_openai.py::test_of_a_list_that_is_all_wrong_one_error_is_told",
    ),
    "clients without a bound": Mutation(
        "service/rate_limit.py",
        "len(self._even) > CLIENTS",
        "False",
        "tests/service/test_rate_limit.py::test_the_clients_known_are_bounded",
    ),
}
