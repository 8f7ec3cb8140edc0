"""An interpreter for pickles that executes nothing: names stay names, objects stay inert.

A pickle is a program that may call whatever it names. This one knows just the steps that build
plain data (protocols 0 to 5; https://docs.python.org/3/library/pickletools.html). A name outside
the allow-list ends it, and an allowed class is not imported either: `Instance` stands for its
objects and keeps the state they would get.
"""

from __future__ import annotations

import mmap
import pickletools
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from vectorstore.base import StoreError
from vectorstore.commandline import Exit
from vectorstore.metadata import excerpt

MAX_BYTES = 2 << 30
MAX_STEPS = 200_000_000  # about 45 a document
SETS = frozenset({"builtins.set", "builtins.frozenset", "__builtin__.set", "__builtin__.frozenset"})


@dataclass(frozen=True, slots=True)
class Name:
    """A class or function that the pickle names."""

    full: str


@dataclass(slots=True, eq=False)
class Instance:
    """Stands in for an object of the class `stands_for`; `state` is what its class would be given."""

    stands_for: str
    state: Any = None


class _DamagedError(Exception):
    pass


class _RefusedError(Exception):
    pass


def read_pickle(path: Path, classes: Collection[str]) -> Any:
    """What the pickle builds, from plain data, sets, and `Instance` for objects of `classes`.

    Raises StoreError: exit code 1 for a pickle that names or does anything else, or is garbage;
    2 when the file cannot be read.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if len(data) > MAX_BYTES:
                raise _RefusedError(f"is larger than {MAX_BYTES >> 30} GiB.")
            with warnings.catch_warnings():
                # Garbage may look like Python 2 text with escapes that Python 3 warns about.
                warnings.simplefilter("ignore", DeprecationWarning)
                return _Reader(classes).run(data)
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror}.", Exit.ERROR) from error
    except _RefusedError as error:
        raise StoreError(f"{path} was not executed and is refused: it {error}") from error
    except (_DamagedError, ValueError, TypeError, IndexError, KeyError, MemoryError) as error:
        raise StoreError(
            f"{path} is no pickle, or a damaged one ({_short(error)}). Copy it again from where it"
            " came from, or build the store again."
        ) from error


def _short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 100 else text[:99] + "…"


class _Reader:
    """The pickle machine: a stack, marks into it, and a memo of what is referred to again."""

    def __init__(self, classes: Collection[str]) -> None:
        self._classes = classes
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._steps: dict[str, Callable[[Any], None]] = {
            **dict.fromkeys(_IGNORED, lambda _: None),
            **dict.fromkeys(_LITERALS, lambda value: self._push(value)),
            **dict.fromkeys(_GETS, lambda at: self._push(self._memo[int(at)])),
            **dict.fromkeys(_PUTS, self._put),
            "MEMOIZE": lambda _: self._put(len(self._memo)),
            "NONE": lambda _: self._push(None),
            "NEWTRUE": lambda _: self._push(True),
            "NEWFALSE": lambda _: self._push(False),
            "EMPTY_LIST": lambda _: self._push([]),
            "EMPTY_DICT": lambda _: self._push({}),
            "EMPTY_SET": lambda _: self._push(set()),
            "EMPTY_TUPLE": lambda _: self._push(()),
            "TUPLE1": lambda _: self._tuple(1),
            "TUPLE2": lambda _: self._tuple(2),
            "TUPLE3": lambda _: self._tuple(3),
            "MARK": self._mark,
            "TUPLE": lambda _: self._push(tuple(self._since_mark())),
            "LIST": lambda _: self._push(self._since_mark()),
            "DICT": lambda _: self._push(_pairs({}, self._since_mark())),
            "FROZENSET": lambda _: self._push(frozenset(_hashable(self._since_mark()))),
            "APPEND": lambda _: self._extend([self._stack.pop()]),
            "APPENDS": lambda _: self._extend(self._since_mark()),
            "SETITEM": lambda _: self._set_items(self._last(2)),
            "SETITEMS": lambda _: self._set_items(self._since_mark()),
            "ADDITEMS": self._add_items,
            "GLOBAL": lambda name: self._name(*name.split(" ", 1)),
            "STACK_GLOBAL": lambda _: self._name(*self._last(2)),
            "NEWOBJ": self._new,
            "REDUCE": self._call,
            "BUILD": self._build,
        }

    def run(self, data: mmap.mmap) -> Any:
        for number, (opcode, argument, _) in enumerate(pickletools.genops(data)):  # type: ignore[arg-type]
            if opcode.name == "STOP":
                return self._stack.pop()
            step = self._steps.get(opcode.name)
            if step is None:
                raise _RefusedError(f"uses the pickle step {opcode.name}: {_PLAIN}")
            if number > MAX_STEPS:
                raise _RefusedError(f"has more than {MAX_STEPS:,} steps.")
            step(argument)
        raise _DamagedError("it has no end")

    def _push(self, value: Any) -> None:
        self._stack.append(value)

    def _put(self, at: Any) -> None:
        self._memo[int(at)] = self._stack[-1]

    def _mark(self, _: Any) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _since_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marks.pop()
        return items

    def _last(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise _DamagedError("a step finds nothing to work on")
        items = self._stack[-count:]
        del self._stack[-count:]
        return items

    def _tuple(self, count: int) -> None:
        self._push(tuple(self._last(count)))

    def _top(self, kind: type) -> Any:
        if not isinstance(self._stack[-1], kind):
            raise _DamagedError(f"a step expects {_kind(kind)}")
        return self._stack[-1]

    def _extend(self, items: list[Any]) -> None:
        self._top(list).extend(items)

    def _set_items(self, items: list[Any]) -> None:
        _pairs(self._top(dict), items)

    def _add_items(self, _: Any) -> None:
        items = self._since_mark()
        self._top(set).update(_hashable(items))

    def _name(self, module: Any, name: Any) -> None:
        if not (isinstance(module, str) and isinstance(name, str)):
            raise _DamagedError("a name is no text")
        full = f"{module}.{name}"
        if full not in SETS and full not in self._classes:
            raise _RefusedError(f"names {full[:200]}{self._inside()}: {_PLAIN}")
        self._push(Name(full))

    def _inside(self) -> str:
        """Where we are, as far as it shows: the id that stands before the object being built."""
        for level in (self._stack, *reversed(self._marks)):
            for value, key in pairwise(reversed(level)):
                if isinstance(value, Instance) and isinstance(key, str):
                    return f" (in document {excerpt(key)})"
        return ""

    def _new(self, _: Any) -> None:
        kind, _args = self._last(2)
        self._push(self._instance(kind))

    def _call(self, _: Any) -> None:
        kind, args = self._last(2)
        if isinstance(kind, Name) and kind.full in SETS:
            # How protocols before 4 write a set.
            (items,) = args or ([],)
            self._push(set(_hashable(items)))
        else:
            self._push(self._instance(kind))

    def _instance(self, kind: Any) -> Instance:
        if not isinstance(kind, Name):
            raise _RefusedError(f"calls {_kind(type(kind))}: {_PLAIN}")
        return Instance(kind.full)

    def _build(self, _: Any) -> None:
        state = self._stack.pop()
        self._top(Instance).state = state


def _kind(kind: type) -> str:
    return "an object" if kind is Instance else f"a value of class {kind.__name__}"


def _pairs(target: dict[Any, Any], items: list[Any]) -> dict[Any, Any]:
    if len(items) % 2:
        raise _DamagedError("a key has no value")
    target.update(zip(_hashable(items[::2]), items[1::2], strict=True))
    return target


def _hashable(items: Any) -> Collection[Any]:
    # Not tuples: hashing a deeply nested one overflows the C stack.
    if not isinstance(items, list):
        raise _DamagedError("a set is made of something else than a list")
    for item in items:
        if not isinstance(item, (str, int, float, type(None))):
            raise _RefusedError(
                f"has a key of class {type(item).__name__}, which JSON cannot hold."
            )
    return items


_PLAIN = (
    "documents are text and plain values, and anything else is refused, be it a harmless value in"
    " the metadata, such as a date, or an attack. If the store is yours, make such values text and"
    " save it again."
)
_IGNORED = ("PROTO", "FRAME")
_GETS = ("GET", "BINGET", "LONG_BINGET")
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT")
_LITERALS = (
    "INT",
    "BININT",
    "BININT1",
    "BININT2",
    "LONG",
    "LONG1",
    "LONG4",
    "FLOAT",
    "BINFLOAT",
    "UNICODE",
    "SHORT_BINUNICODE",
    "BINUNICODE",
    "BINUNICODE8",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
)
