"""The service on a store that is not a folder."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from service.config import Settings
from service.parts import Parts
from tests.service.helpers import MODEL, STORE, running
from vectorstore.addresses import copy_store
from vectorstore.commandline import CommandError


def test_a_store_elsewhere_is_opened(tmp_path):
    address = f"qdrant:{tmp_path / 'q'}#shop"
    copy_store(str(STORE), address)
    parts = Parts.load(
        Settings(model_dir=MODEL, store_dir=tmp_path / "none", store_url=SecretStr(address))
    )
    assert (parts.store.info.kind, parts.store.info.count) == ("qdrant", 83)
    parts.store.close()


@pytest.mark.slow
def test_the_service_answers_from_it(tmp_path):
    address = f"qdrant:{tmp_path / 'q'}#shop"
    copy_store(str(STORE), address)
    with running(tmp_path, STORE_URL=address) as service:
        asked = [service.chat("Do you take PayPal?").json() for _ in range(2)]
    assert asked[0]["sources"]
    assert [answer["cached"] for answer in asked] == [False, True]


def test_a_password_is_not_in_the_message():
    address = SecretStr("postgresql://me:hunter2@127.0.0.1:1/shop")
    with pytest.raises(CommandError, match=r"^postgresql://127\.0\.0\.1:1/shop: ") as refused:
        Parts.load(Settings(model_dir=MODEL, store_url=address))
    assert "hunter2" not in str(refused.value)
