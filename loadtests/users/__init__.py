"""The visitors: one kind, one file. Their names are what `--users` takes."""

from __future__ import annotations

from collections.abc import Sequence

from loadtests.adapters.base import Adapter
from loadtests.plan import check_visitors
from loadtests.users.conversation import Conversation
from loadtests.users.faq import Faq
from loadtests.users.passer_by import PasserBy
from loadtests.users.returning import Returning
from loadtests.users.streaming import Streaming
from loadtests.users.unfriendly import Unfriendly
from loadtests.users.visitor import Visitor
from vectorstore.commandline import CommandError

USERS: dict[str, type[Visitor]] = {
    "conversation": Conversation,
    "faq": Faq,
    "passer_by": PasserBy,
    "returning": Returning,
    "streaming": Streaming,
    "unfriendly": Unfriendly,
}
MIX = ("conversation", "faq", "returning", "streaming", "unfriendly")


def choose(names: str, adapter: Adapter) -> Sequence[type[Visitor]]:
    """The kinds that `names` (separated by commas; none: the mix) has, but those the adapter cannot.

    Raises CommandError for an unknown name, or when none is left.
    """
    check_visitors(names)
    wanted = [name.strip() for name in names.split(",") if name.strip()] or list(MIX)
    chosen = [USERS[name] for name in wanted if adapter.streams or name != "streaming"]
    if not chosen:
        raise CommandError(f"the adapter does not stream, and --users {names} has nothing else.")
    return chosen
