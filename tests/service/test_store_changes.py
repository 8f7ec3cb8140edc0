"""The store's files change under a running service, as `vectorstore build --force` changes them."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.service.helpers import STORE, running


@pytest.mark.skipif(os.name != "posix", reason="open files cannot be replaced")
def test_what_was_opened_is_answered_from_until_the_next_start(tmp_path):
    store = shutil.copytree(STORE, tmp_path / "store")
    with running(tmp_path, STORE_DIR=str(store), CACHE_MIB="0") as service:
        answer = service.chat("Do you take PayPal?").json()["answer"]
        for file in store.iterdir():
            (tmp_path / "new").write_bytes(b"another store")
            os.replace(tmp_path / "new", file)
        assert service.chat("Do you take PayPal?").json()["answer"] == answer
        shutil.rmtree(store)
        assert service.chat("Do you take PayPal?").json()["answer"] == answer
        assert "Traceback" not in service.log


def test_files_that_are_cut_in_place_are_not_read_any_more(tmp_path):
    store = shutil.copytree(STORE, tmp_path / "store")
    index = store / "index.faiss"
    with running(tmp_path, STORE_DIR=str(store), CACHE_MIB="0") as service:
        assert service.chat("Do you take PayPal?").status_code == 200
        whole = index.read_bytes()
        for content in (
            b"",
            b"another store",
            whole,
        ):  # as `cp` writes over it, and at last the same
            index.write_bytes(content)
            refused = service.chat("Do you take PayPal?")
            assert (refused.status_code, refused.json()["detail"]) == (
                503,
                "The documents cannot be reached. Try again in a moment.",
            )
        assert f"store failed: {index} was changed in place while it was open" in service.log
        assert service.client.get("/health").status_code == 200
        assert "Traceback" not in service.log
