"""What it loads at start: the model and the documents."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from vectorstore.base import STORE_URLS


class Loading(BaseSettings):
    """What it loads at start: the model and the documents."""

    model_dir: Path = Field(
        Path("models/all-MiniLM-L6-v2"), description="Folder of the embedding model."
    )
    store_dir: Path = Field(Path("stores/shop"), description="Folder of the document store.")
    store_url: SecretStr | None = Field(
        None,
        description="Address of a store elsewhere, instead of STORE_DIR:"
        " `postgresql://USER:PASSWORD@HOST/DATABASE#TABLE` (extra `pgvector`) or"
        " `qdrant+http://HOST:6333#COLLECTION` (extra `qdrant`).",
    )
    embed_threads: Annotated[int, Field(ge=1, le=16)] = Field(
        1, description="Threads that one embedding uses."
    )
    # Measured on two cores, eight questions at a time: 2 workers 470 to 520 questions/s, 1 worker 310
    # to 350, for 4.7 MiB; 2 threads and 1 worker 350 to 380, for none.
    embed_workers: Annotated[int, Field(ge=1, le=16)] = Field(
        2, description="Questions embedded at the same time; the second one costs 5 MiB."
    )

    @field_validator("store_url")
    @classmethod
    def _names_a_store(cls, url: SecretStr | None) -> SecretStr | None:
        if url and not url.get_secret_value().startswith((*STORE_URLS, "qdrant:")):
            raise ValueError("must begin with postgresql://, qdrant+http:// or qdrant+https://")
        return url
