from __future__ import annotations

import pytest


def test_a_conversation_can_be_deleted_once(service):
    name = service.chat("How much is shipping?").json()["session_id"]
    deleted = service.client.delete(f"/sessions/{name}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    again = service.client.delete(f"/sessions/{name}")
    assert again.status_code == 404
    assert again.json()["detail"] == "There is no such conversation."
    assert name not in service.log


@pytest.mark.parametrize("name", ["x" * 65, "a%20b", "%C3%A9"])
def test_what_cannot_be_an_id(service, name):
    response = service.client.delete(f"/sessions/{name}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "#/session_id"
