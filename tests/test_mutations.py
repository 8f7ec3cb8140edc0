"""Tests of bounds can fail: each mutation takes one bound out of a copied tree, where its test is red.
In the same tree without a mutation they pass.

`python -m pytest tests/test_mutations.py -k ID` runs one.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.missing import missing

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("service", "vectorstore", "tools", "tests", "pyproject.toml")
LONGEST_S = 900
LINKED = ("models", "stores", "examples")


@dataclass(frozen=True)
class Mutation:
    """`old`, which stands once in `file`, becomes `new`; then `test` has to fail."""

    file: str
    old: str
    new: str
    test: str


MUTATIONS = {
    "guard off": Mutation(
        "service/guard.py",
        "        room = self._read()\n        if room is None:",
        "        room = None\n        if room is None:",
        "tests/service/test_guard_limit.py::test_it_is_never_killed_for_memory",
    ),
    "append not atomic": Mutation(
        "service/redis_sessions.py",
        "        kept: bytes | int = await self._reached(self._append(_keys(session_id), given))",
        "        n = int(await self._client.hget(PREFIX + session_id, 'n') or 0) + 1\n"
        "        turn = {'n': n, f't{n}': packed}\n"
        "        kept = await self._client.hset(PREFIX + session_id, mapping=turn) and packed",
        "tests/service/test_redis_sessions.py"
        "::test_concurrent_turns_of_two_instances_are_all_there_once",
    ),
    "turns not recognized": Mutation(
        "service/redis_sessions.py",
        "if seen then return redis.call('HGET', KEYS[1], 't' .. seen) or 1 end\n",
        "",
        "tests/service/test_redis_sessions.py::test_a_turn_that_is_sent_again_is_there_once",
    ),
    "answers that nobody reads": Mutation(
        "service/protocol.py",
        "            self.transport.abort()\n\n    def _is_read",
        "            pass\n\n    def _is_read",
        "tests/service/test_protocol.py::test_who_never_reads_an_answer_is_closed",
    ),
    "unread answers in the kernel without a bound": Mutation(
        "service/protocol.py",
        "socket.SO_SNDBUF, SEND_BUFFER_BYTES",
        "socket.SO_REUSEADDR, 1",
        "tests/service/test_protocol.py::test_little_is_kept_of_answers_that_are_not_read",
    ),
    "sessions without a bound": Mutation(
        "service/memory_sessions.py",
        "len(self._entries) > self._max_sessions or self._bytes > self._max_bytes",
        "False",
        "tests/service/test_sessions.py::test_the_session_unused_for_longest_goes_first",
    ),
    "conversations dropped while they are answered": Mutation(
        "service/memory_sessions.py",
        "in self._entries if name not in self._busy",
        "in self._entries",
        "tests/service/test_sessions.py"
        "::test_a_session_of_which_a_turn_is_made_is_not_dropped_for_others",
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
    "heads of all without a bound": Mutation(
        "service/protocol.py",
        "self.crowd.head_bytes > HEAD_BYTES_EACH * self.max_connections",
        "False",
        "tests/service/test_protocol.py"
        "::test_heads_of_a_crowd_are_bounded_and_a_small_one_is_not_in_their_way",
    ),
    "cache without a bound": Mutation(
        "service/answer_cache.py",
        "while self._bytes > self._max_bytes:",
        "while False:",
        "tests/service/test_answer_cache.py"
        "::test_the_one_unused_for_longest_goes_first_and_the_bound_holds",
    ),
    "kept answers for ever": Mutation(
        "service/redis_answers.py",
        ", px=self._ttl_ms",
        "",
        "tests/service/test_redis_answers.py"
        "::test_another_instance_finds_an_answer_until_its_time_is_up",
    ),
    "values of a body without a bound": Mutation(
        "service/json_route.py",
        "if commas > MANY_VALUES and commas * BYTES_PER_VALUE > len(body):",
        "if False:",
        "tests/service/routes/test_chat.py::test_a_body_that_is_no_json_or_too_large[values]",
    ),
    "bodies without a bound": Mutation(
        "service/gate.py",
        "self.body_bytes + size > self._most",
        "False",
        "tests/service/test_gate.py::test_bodies_that_are_read_at_once_are_bounded",
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
    "log lines of any length": Mutation(
        "service/logs.py",
        "if left > 0 else line",
        "if False else line",
        "tests/service/test_logs.py::test_a_long_line_is_cut_and_says_so",
    ),
    "sessions for ever": Mutation(
        "service/memory_sessions.py",
        "item[1].used <= oldest",
        "False",
        "tests/service/test_sessions.py::test_sessions_unused_for_long_are_forgotten",
    ),
    "turns without a bound": Mutation(
        "service/memory_sessions.py",
        "(*before, turn)[-self._turns :]",
        "(*before, turn)",
        "tests/service/test_sessions.py::test_the_last_turns_are_kept_and_nothing_older",
    ),
    "kept answers in memory for ever": Mutation(
        "service/answer_cache.py",
        "entry.made <= self._clock() - self._ttl_s",
        "False",
        "tests/service/test_answer_cache.py"
        "::test_an_answer_is_too_old_after_its_time_however_often_it_is_asked_for",
    ),
    "similar, however far": Mutation(
        "service/similar.py",
        " and _cosine(known, asked) >= self._least",
        "",
        "tests/service/test_similar.py::test_the_same_words_are_not_enough",
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
    "turns in Redis without a bound": Mutation(
        "service/redis_sessions.py",
        "redis.call('HDEL', KEYS[1], 't' .. (n - ARGV[3]))",
        "",
        "tests/service/test_redis_sessions.py::test_the_last_turns_are_kept_and_nothing_older",
    ),
    "turns seen without a bound": Mutation(
        "service/redis_sessions.py",
        "if old then ",
        "if false then ",
        "tests/service/test_redis_sessions.py::test_what_a_session_takes_is_bounded",
    ),
    "sessions begun in Redis for ever": Mutation(
        "service/redis_sessions.py",
        "redis.call('PEXPIRE', KEYS[1], ARGV[2])\nreturn ",
        "return ",
        "tests/service/test_redis_sessions.py::test_a_session_is_forgotten_after_its_time",
    ),
    "sessions in Redis for ever": Mutation(
        "service/redis_sessions.py",
        "redis.call('PEXPIRE', KEYS[1], ARGV[2])\nlocal ",
        "local ",
        "tests/service/test_redis_sessions.py::test_a_session_is_forgotten_after_its_time",
    ),
    "dropped sessions stay away": Mutation(
        "service/redis_sessions.py",
        "for at = 8, #ARGV, 2 do",
        "for at = 8, 0 do",
        "tests/service/test_redis_sessions.py"
        "::test_a_session_that_redis_drops_while_answers_are_made_is_put_back",
    ),
    "deleted sessions come back": Mutation(
        "service/redis_sessions.py",
        "tonumber(until_ms) > now then return 0 end",
        "false then return 0 end",
        "tests/service/test_redis_sessions.py::test_one_that_was_deleted_is_not_put_back",
    ),
    "those deleted without a bound": Mutation(
        "service/redis_sessions.py",
        "redis.pcall('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[3])",
        "",
        "tests/service/test_redis_sessions.py::test_of_those_deleted_the_last_ones_are_known",
    ),
    "a Redis that hangs is not left alone": Mutation(
        "service/redis_client.py",
        "if now < self._again_at:",
        "if False:",
        "tests/service/test_redis_sessions.py::test_a_redis_that_hangs_is_waited_for_once",
    ),
    "heads of any length": Mutation(
        "service/bounded_heads.py",
        "self._pending_bytes > MAX_HEAD_BYTES",
        "False",
        "tests/service/test_protocol.py"
        "::test_an_unfinished_header_is_bounded_whatever_came_with_it",
    ),
    "refused connections for ever": Mutation(
        "service/protocol.py",
        "self.loop.call_later(LINGER_S, self._end)",
        "None",
        "tests/service/test_protocol.py"
        "::test_of_those_refused_no_more_are_waited_for_than_may_be_open",
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


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_turns_its_test_red(tmp_path, name):
    mutation = MUTATIONS[name]
    copy_tree(tmp_path)
    file = tmp_path / mutation.file
    text = file.read_text("utf-8")
    assert text.count(mutation.old) == 1, f"{mutation.file} has changed: renew the mutation"
    mutated = text.replace(mutation.old, mutation.new)
    compile(mutated, mutation.file, "exec")  # what is no Python turns every test red
    file.write_text(mutated, "utf-8")
    done = pytest_in(tmp_path, "-x", mutation.test)
    said = done.stdout + done.stderr
    failed, broken = ("\nFAILED " in done.stdout, "\nERROR " in done.stdout)
    assert (done.returncode, failed, broken) == (1, True, False), said


@pytest.mark.slow
def test_without_a_mutation_they_pass(tmp_path):
    """Else a test that is red in a copied tree anyway would prove every mutation."""
    copy_tree(tmp_path)
    done = pytest_in(tmp_path, *sorted({mutation.test for mutation in MUTATIONS.values()}))
    assert done.returncode == 0, done.stdout + done.stderr


def pytest_in(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest with these arguments, in a copied tree; what one of its tests misses is missing here, too."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, timeout=LONGEST_S
    )
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED ")]
    if skipped:
        missing(f"what a test needs: {skipped}")
    return done


def copy_tree(target: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignored, symlinks=True)
        else:
            shutil.copy2(source, target / name)
    for name in LINKED:
        (target / name).symlink_to(ROOT / name)
