"""What `tests/test_mutations.py` takes out of a copied tree; lines of the source, quoted exactly."""

from __future__ import annotations

from tests.mutations import kept, wire, work

MUTATIONS = {**kept.MUTATIONS, **wire.MUTATIONS, **work.MUTATIONS}
