"""Opens a store folder once for all who ask, until its files change.

The index and the handle on the documents are shared; what a store changes is its own.
Copied into this repository by fit512 (MIT licence); works with LangChain 0.0.300 to 1.x.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections import OrderedDict
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Any

import faiss

from .store_files import StoreError, check_files, file_identity
from .stored_documents import Rows

MAPPED_FROM = 64 * 1024 * 1024
"""Bytes from which an index stays in its file, where the kernel can take its pages back."""
KEPT = 32 * 1024 * 1024
"""Bytes of stores that stay open though nobody holds them; the last one always does."""
_HANDLE = 1024 * 1024  # what an open store takes beside its index, generously
_CHANGES = ("add", "add_with_ids", "merge_from", "remove_ids", "reset")


class OpenStore:
    """An index in memory, or mapped, and the documents on disk."""

    def __init__(self, folder: Path, manifest: dict[str, Any]) -> None:
        path = folder / manifest["index"]["file"]
        self.rows = Rows(folder / manifest["documents"]["file"])
        self.index, self.mapped = _read_index(path)
        self.size = _HANDLE + (0 if self.mapped else path.stat().st_size)
        self.holds: weakref.WeakSet[Hold] = weakref.WeakSet()
        _guard(self)


class Hold:
    """One LangChain store's share in an open store."""

    def __init__(self, opened: OpenStore) -> None:
        self.opened = opened
        opened.holds.add(self)

    def __reduce__(self) -> Any:
        return type(None), ()  # a copied or pickled index is nobody else's


_lock = RLock()
_open: OrderedDict[Path, tuple[Any, OpenStore]] = OrderedDict()


def open_store(folder: Path, manifest: dict[str, Any]) -> Hold:
    """The store in `folder`. Raises StoreError where its files are not those of the manifest."""
    if sys.platform == "win32":  # where no open file can be replaced
        check_files(folder, manifest)
        return Hold(OpenStore(folder, manifest))
    folder = folder.resolve()
    with _lock:
        identity = file_identity(folder, manifest)
        known, opened = _open.pop(folder, (None, None))
        # A raw faiss call may have emptied the shared index behind our back.
        if opened is None or known != identity or opened.index.ntotal != manifest["count"]:
            check_files(folder, manifest)
            opened = OpenStore(folder, manifest)
        _open[folder] = identity, opened
        while len(_open) > 1 and sum(store.size for _, store in _open.values()) > KEPT:
            _open.popitem(last=False)
        return Hold(opened)


def own_index(db: Any) -> None:
    """Make the index of a LangChain store its own, so that it may be changed."""
    hold = getattr(db, "hold", None)
    if hold is None or db.index is not hold.opened.index:
        return
    with _lock:
        if not _release(hold.opened):
            db.index = faiss.deserialize_index(faiss.serialize_index(db.index))
        db.hold = None


def _release(opened: OpenStore) -> bool:
    """Give the index to its only holder; False where it has others, or is mapped."""
    if opened.mapped or len(opened.holds) > 1:
        return False
    for folder, (_, other) in list(_open.items()):
        if other is opened:
            del _open[folder]
    for name in _CHANGES:
        delattr(opened.index, name)
    return True


def _read_index(path: Path) -> tuple[Any, bool]:
    flag = getattr(faiss, "IO_FLAG_MMAP_IFC", 0)
    # Windows would not let a file be replaced that is mapped.
    mapped = bool(flag) and path.stat().st_size >= MAPPED_FROM and sys.platform != "win32"
    return faiss.read_index(str(path), flag if mapped else 0), mapped


def _guard(opened: OpenStore) -> None:
    # Weak: what the index holds on to must not hold the index.
    for name in _CHANGES:
        change = partial(_change, weakref.ref(opened), name)
        setattr(opened.index, name, change)


def _change(reference: weakref.ref[OpenStore], name: str, *args: Any, **kwargs: Any) -> Any:
    """A direct change of an index; a mapped one would make faiss end the process."""
    opened = reference()
    with _lock:
        if opened is None or not _release(opened):
            raise StoreError(
                "this index is mapped from its file or used by others:"
                " change it by the store's own methods"
            )
    return getattr(opened.index, name)(*args, **kwargs)


def _after_fork() -> None:
    global _lock
    _lock = RLock()
    _open.clear()  # SQLite's handles are not made to cross a fork


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
