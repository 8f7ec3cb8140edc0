"""Bounds of what is worked on: memory, questions, the upstream, log lines."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

MUTATIONS = {
    "guard off": Mutation(
        "service/guard.py",
        "        room = self._read()\n        if room is None:",
        "        room = None\n        if room is None:",
        "tests/service/test_guard_limit.py::test_it_is_never_killed_for_memory",
    ),
    "questions without a bound": Mutation(
        "service/places.py",
        "if not self._free:",
        "if False:",
        "tests/service/test_engine.py::test_too_many_are_turned_away_and_the_others_finish",
    ),
    "no end of waiting": Mutation(
        "service/retriever.py",
        "asyncio.timeout(self._wait_s)",
        "asyncio.timeout(None)",
        "tests/service/test_retriever.py"
        "::test_who_waits_too_long_is_turned_away_and_the_queue_is_empty_again",
    ),
    "streams without a bound": Mutation(
        "service/completion.py",
        "    if size > most:",
        "    if False:",
        "tests/service/test_completion.py",
    ),
    "log lines without a bound": Mutation(
        "service/logs.py",
        "self._passed <= self._per_s",
        "True",
        "tests/service/test_logs.py::test_so_many_lines_pass_in_a_second_and_errors_always",
    ),
    "log lines of any length": Mutation(
        "service/logs.py",
        "if left > 0 else line",
        "if False else line",
        "tests/service/test_logs.py::test_a_long_line_is_cut_and_says_so",
    ),
    "freed memory kept": Mutation(
        "service/parts.py",
        "        keep_no_large_blocks()\n",
        "",
        "tests/service/test_heap.py::test_long_questions_leave_nothing_behind",
    ),
    "files of the store changed in place": Mutation(
        "vectorstore/held_files.py",
        "if _known(descriptor) != known:",
        "if False:",
        "tests/service/test_store_changes.py"
        "::test_files_that_are_cut_in_place_are_not_read_any_more",
    ),
    "an upstream that fails is not left alone": Mutation(
        "service/breaker.py",
        "bool(self._most) and self.failed >= self._most",
        "False",
        "tests/service/test_upstream.py"
        "::test_a_stream_that_fails_again_and_again_opens_the_breaker[after a word]",
    ),
    "no time for the upstream": Mutation(
        "service/upstream_response.py",
        "asyncio.timeout_at(deadline)",
        "asyncio.timeout(None)",
        "tests/service/test_upstream.py::test_an_answer_that_drips_is_cut_off_in_time",
    ),
    "long questions together": Mutation(
        "service/embed_queue.py",
        "[] if self._long_runs else ",
        "",
        "tests/service/test_retriever.py::test_long_texts_are_embedded_one_at_a_time",
    ),
    "those who wait for the same answer without a bound": Mutation(
        "service/engine.py",
        "with self._sharing.taken():",
        "if True:",
        "tests/service/test_engine.py::test_those_who_wait_for_the_same_answer_take_no_places",
    ),
}
