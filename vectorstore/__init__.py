"""The document store and the embedding runtime: what the service searches."""
