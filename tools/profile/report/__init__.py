"""A profile to look at: one HTML page that needs no network, and the same in Markdown."""
