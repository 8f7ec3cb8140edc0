"""What a manifest resolves to on the host, and the lock that is made of it."""
