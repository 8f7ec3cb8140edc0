"""Bounds of what is kept: conversations and answers, in memory and in Redis."""

from __future__ import annotations

from tests.mutations.mutation import Mutation

MUTATIONS = {
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
        "redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - ARGV[3])",
        "",
        "tests/service/test_redis_sessions.py::test_of_those_deleted_the_last_ones_are_known",
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
    "cache without a bound": Mutation(
        "service/answer_cache.py",
        "while self._bytes > self._max_bytes:",
        "while False:",
        "tests/service/test_answer_cache.py"
        "::test_the_one_unused_for_longest_goes_first_and_the_bound_holds",
    ),
    "kept answers in memory for ever": Mutation(
        "service/answer_cache.py",
        "entry.made <= self._clock() - self._ttl_s",
        "False",
        "tests/service/test_answer_cache.py"
        "::test_an_answer_is_too_old_after_its_time_however_often_it_is_asked_for",
    ),
    "kept answers for ever": Mutation(
        "service/redis_answers.py",
        ", px=self._ttl_ms",
        "",
        "tests/service/test_redis_answers.py"
        "::test_another_instance_finds_an_answer_until_its_time_is_up",
    ),
    "similar, however far": Mutation(
        "service/similar.py",
        " and _cosine(known, asked) >= self._least",
        "",
        "tests/service/test_similar.py::test_the_same_words_are_not_enough",
    ),
    "a Redis that hangs is not left alone": Mutation(
        "service/redis_client.py",
        "if now < self._again_at:",
        "if False:",
        "tests/service/test_redis_sessions.py::test_a_redis_that_hangs_is_waited_for_once",
    ),
}
