"""Locust's entrance: `locust -f loadtests/locustfile.py -H https://…`, from the project's folder.

Works alone, with Locust's own -u, -r, -t, --processes and web page; LOADTEST_SHAPE chooses a shape of
ours instead, and the other LOADTEST_… variables are those of loadtests/options.py.
"""

from __future__ import annotations

from locust import events

from loadtests import history, shapes
from loadtests.plan import plan
from loadtests.setting import adapter, options, questions
from loadtests.unasked import UNASKED
from loadtests.users import choose
from vectorstore.commandline import CommandError

try:
    questions()
    shape = shapes.choose(options().shape)
    chosen = choose(options().users or (plan(options().shape).users if shape else ""), adapter())
except CommandError as error:
    raise SystemExit(f"loadtests: {error}") from None

# Locust takes the classes that it finds among the names of this file.
globals().update({user.__name__: user for user in chosen})
if shape:
    globals()[shape.__name__] = shape
events.init.add_listener(UNASKED.share)  # type: ignore[no-untyped-call]
events.init.add_listener(history.keep)  # type: ignore[no-untyped-call]
