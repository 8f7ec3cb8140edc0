"""Whether a profile keeps to its budget, and what grew since the last release."""
