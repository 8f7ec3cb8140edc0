from __future__ import annotations

from bench.batching import SIDES, _sides
from bench.service import MODEL, STORE
from vectorstore.faiss_store import open_store
from vectorstore.onnx_embeddings import OnnxEmbeddings


class Counted(OnnxEmbeddings):
    """Counts questions embedded one by one, and batches."""

    singles = batches = 0

    def embed_query(self, text):
        Counted.singles += 1
        return super().embed_query(text)

    def embed_queries(self, texts):
        Counted.batches += len(texts) > 1
        return super().embed_queries(texts)


def test_one_side_takes_them_one_by_one_and_the_other_together():
    store = open_store(STORE)
    asked = [f"Where is parcel {number}?" for number in range(48)]
    found = _sides(Counted(MODEL), store, asked, 32, 1)
    store.close()
    assert found.keys() == {*SIDES, "together_to_alone"}
    assert Counted.batches > 0
    # Two rounds of the side that takes one at a time, and what the other one does not have to wait for.
    assert Counted.singles > 2 * len(asked)
    ratio = found["together"]["cpu_ms"]["median"] / found["alone"]["cpu_ms"]["median"]
    assert abs(found["together_to_alone"]["cpu_ms"]["median"] - ratio) < 0.01
