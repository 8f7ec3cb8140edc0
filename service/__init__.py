"""The chat service: what runs in 512 MB."""
