"""Export of a sentence-embedding model to a model folder, without torch."""

from __future__ import annotations
